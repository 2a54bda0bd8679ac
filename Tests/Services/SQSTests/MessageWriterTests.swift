import Persistence
import Synchronization
import TestSupport
import Testing

@testable import SQS

/// What several callers have written together.
struct MessageWriterTests {
    private struct Refusal: Error {}

    @Test func whatThrowsFailsAlone() async throws {
        try await TestDatabase.with(.sqlite, SQSMigrations.all) { database in
            let operations = (1...5).map { number in
                MessageWriter.Operation(
                    run: { rows, changes in
                        try rows.connection.execute(
                            "INSERT INTO sqs_count (queue, messages, next, floor) VALUES (?, 0, 1, 0)",
                            [.integer(Int64(number))])
                        changes.add(1, to: Int64(number), QueueSequence(next: 2, floor: 0))
                        if number.isMultiple(of: 2) { throw Refusal() }
                        return .done
                    }, finish: { _ in })
            }
            let results = try await database.write { connection in
                try MessageWriter.run(operations, MessageRows(connection: connection)).map { (try? $0.get()) != nil }
            }
            #expect(results == [true, false, true, false, true])
            let rows = try await database.read {
                try $0.query("SELECT queue FROM sqs_count WHERE messages = 1 AND next = 2 ORDER BY queue")
            }
            #expect(rows.compactMap { $0.integer(0) } == [1, 3, 5])
        }
    }
}

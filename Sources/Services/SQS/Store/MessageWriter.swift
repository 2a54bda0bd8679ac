import Persistence
import Synchronization

/// Writes to the messages of a process alone: what many callers want written at the same time is one write of the database. What is
/// known in memory follows in the order of the writes.
final class MessageWriter: Sendable {
    /// One caller's changes.
    struct Operation: Sendable {
        /// Runs on the writer's thread, and may run more than once.
        var run: @Sendable (MessageRows, CountChanges) throws -> Outcome
        /// Runs after the commit, in the order of the writes, or after a failure.
        var finish: @Sendable (Result<Outcome, any Error>) -> Void
    }

    enum Outcome: Sendable {
        case done
        case stored([StoredMessage])
        /// For each message whether it was there.
        case deleted([Bool])
        /// A message was moved: where it is now, if it was there.
        case moved([NewMessage?], [StoredMessage])
        case emptied(through: Int64)
    }

    /// What became of the operations of one write.
    private struct Ended {
        var operations: [Operation]
        var result: Result<[Result<Outcome, any Error>], any Error>
    }

    private struct State {
        var waiting: [Operation] = []
        var isScheduled = false
        // Writes end in any order; what follows them does not.
        var lastTaken: UInt64 = 0
        var lastFinished: UInt64 = 0
        var ended: [UInt64: Ended] = [:]
        var isFinishing = false
    }

    private let database: any Database
    private let state = Mutex(State())

    init(database: any Database) { self.database = database }

    func submit(_ operation: Operation) {
        let starts = state.withLock { state in
            state.waiting.append(operation)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if starts { Task { await write() } }
    }

    /// The operations of one write, taken when its turn comes: by then, more have come.
    private final class Batch: Sendable {
        let content = Mutex<(number: UInt64, operations: [Operation])?>(nil)
    }

    private func write() async {
        let batch = Batch()
        let result: Result<[Result<Outcome, any Error>], any Error>
        do {
            result = .success(
                try await database.write { [self] in try Self.run(take(batch), MessageRows(connection: $0)) })
        } catch {
            result = .failure(error)
        }
        // If the database is closed, its closure did not run.
        _ = take(batch)
        guard let (number, operations) = batch.content.withLock({ $0 }) else { return }
        finish(number, operations, result)
    }

    /// Runs operations in one transaction. One that throws takes back only its own changes: the others run again without it. After a
    /// statement that fails nothing more can be written, so that fails all.
    static func run(_ operations: [Operation], _ rows: MessageRows) throws -> [Result<Outcome, any Error>] {
        let connection = rows.connection
        let isAlone = operations.count == 1
        var refused: [Int: any Error] = [:]
        if !isAlone { try connection.execute("SAVEPOINT messages") }
        attempts: while true {
            let changes = CountChanges()
            var outcomes: [Result<Outcome, any Error>] = []
            outcomes.reserveCapacity(operations.count)
            for (index, operation) in operations.enumerated() {
                if let error = refused[index] {
                    outcomes.append(.failure(error))
                    continue
                }
                do {
                    outcomes.append(.success(try operation.run(rows, changes)))
                } catch {
                    if isAlone { throw error }
                    refused[index] = error
                    guard (try? connection.execute("ROLLBACK TO messages")) != nil else { throw error }
                    continue attempts
                }
            }
            try changes.write(rows)
            if !isAlone { try connection.execute("RELEASE messages") }
            return outcomes
        }
    }

    private func take(_ batch: Batch) -> [Operation] {
        batch.content.withLock { content in
            if let content { return content.operations }
            return state.withLock { state in
                state.lastTaken += 1
                state.isScheduled = false
                content = (state.lastTaken, state.waiting)
                defer { state.waiting = [] }
                return state.waiting
            }
        }
    }

    private func finish(
        _ number: UInt64, _ operations: [Operation], _ result: Result<[Result<Outcome, any Error>], any Error>
    ) {
        let isMine = state.withLock { state in
            state.ended[number] = Ended(operations: operations, result: result)
            defer { state.isFinishing = true }
            return !state.isFinishing
        }
        guard isMine else { return }
        while true {
            let next = state.withLock { state -> Ended? in
                guard let next = state.ended.removeValue(forKey: state.lastFinished + 1) else {
                    state.isFinishing = false
                    return nil
                }
                state.lastFinished += 1
                return next
            }
            guard let next else { return }
            for (index, operation) in next.operations.enumerated() {
                operation.finish(next.result.flatMap { $0[index] })
            }
        }
    }
}

/// How a write changes the numbers of its queues; they are written once for each queue. Used on the writer's thread only.
final class CountChanges {
    private var changes: [Int64: (difference: Int, sequence: QueueSequence)] = [:]

    func add(_ difference: Int, to queue: Int64, _ sequence: QueueSequence) {
        changes[queue, default: (0, sequence)].difference += difference
    }

    fileprivate func write(_ rows: MessageRows) throws {
        for (queue, change) in changes { try rows.count(queue, by: change.difference, next: change.sequence.next) }
    }
}

/// The sequence of a queue's next message. Changed on the writer's thread; one that was given to a write that failed is not used again.
final class QueueSequence: Sendable {
    private let value: Atomic<Int64>
    private let emptied: Atomic<Int64>

    /// `floor`: the messages up to here are gone.
    init(next: Int64, floor: Int64) {
        value = Atomic(next)
        emptied = Atomic(floor)
    }

    /// The messages up to here are gone, though their rows may still be there.
    var floor: Int64 { emptied.load(ordering: .relaxed) }

    func raiseFloor(to sequence: Int64) { emptied.store(sequence, ordering: .relaxed) }

    var next: Int64 { value.load(ordering: .relaxed) }

    func take() -> Int64 { value.wrappingAdd(1, ordering: .relaxed).oldValue }
}

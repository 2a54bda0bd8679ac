import Persistence
import ServiceKit
import Synchronization
import TestSupport
import Testing

@testable import SQS

/// Two processes on one PostgreSQL database.
@Suite(.enabled(if: TestDatabase.postgresURL != nil))
struct RaceTests {
    /// What was received, by whomever.
    private final class Received: Sendable {
        private let bodies = Mutex<[String]>([])
        var all: [String] { bodies.withLock { $0 } }
        var count: Int { bodies.withLock { $0.count } }
        func add(_ body: String?) { bodies.withLock { $0.append(body ?? "") } }
    }

    /// Runs `body` with two services that share queues and a clock.
    private func withTwo(_ body: ([QueueFixture]) async throws -> Void) async throws {
        try await TestDatabase.withSchema { schema in
            let time = VirtualTime()
            var nodes: [QueueFixture] = []
            for _ in 0..<2 {
                let database = try PostgresDatabase(
                    url: TestDatabase.postgresURL ?? "", durability: .relaxed, schema: schema, maximumConnections: 4)
                try await database.migrate(JobMigrations.all + SQSMigrations.all)
                nodes.append(
                    QueueFixture(
                        database: database, time: time,
                        service: SQSService(
                            database: database, jobs: JobQueue(database: database, time: time), time: time)))
            }
            do {
                try await body(nodes)
            } catch {
                for node in nodes { try await node.database.close() }
                throw error
            }
            for node in nodes { try await node.database.close() }
        }
    }

    @Test func aMessageIsReceivedByOneOfThem() async throws {
        try await withTwo { nodes in
            let url = try await nodes[0].create("queue")
            let bodies = Received()
            try await withThrowingTaskGroup { group in
                for (number, node) in nodes.enumerated() {
                    group.addTask {
                        for index in 0..<30 { try await node.send(url, "\(number)-\(index)") }
                    }
                    for _ in 0..<2 {
                        group.addTask {
                            while bodies.count < 60 {
                                for message in try await node.receive(url, 5, visibility: 1000) {
                                    bodies.add(message.body)
                                    try await node.delete(url, message)
                                }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(Set(bodies.all).count == 60)
            #expect(bodies.count == 60)
            #expect(try await nodes[1].counts(url) == [0, 0, 0])
        }
    }

    @Test func groupsAreInOrderForBoth() async throws {
        try await withTwo { nodes in
            let url = try await nodes[0].create("queue.fifo", ["FifoQueue": "true"])
            for index in 0..<40 {
                try await nodes[index % 2].send(url, "\(index)", group: "g\(index % 3)", deduplication: "\(index)")
            }
            let seen = Received()
            try await withThrowingTaskGroup { group in
                for node in nodes {
                    group.addTask {
                        while seen.count < 40 {
                            for message in try await node.receive(url, 3, visibility: 1000) {
                                seen.add(message.body)
                                try await node.delete(url, message)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            for numbers in Dictionary(grouping: seen.all.compactMap { Int($0) }, by: { $0 % 3 }).values {
                #expect(numbers == numbers.sorted())
            }
        }
    }

    @Test func theSameMessageIsStoredOnce() async throws {
        try await withTwo { nodes in
            let url = try await nodes[0].create("queue.fifo", ["FifoQueue": "true"])
            let ids = try await withThrowingTaskGroup { group in
                for index in 0..<8 {
                    group.addTask {
                        try await nodes[index % 2].send(url, "same", group: "g", deduplication: "d").messageId
                    }
                }
                var ids: Set<String?> = []
                for try await id in group { ids.insert(id) }
                return ids
            }
            #expect(ids.count == 1)
            #expect(try await nodes[0].bodies(url) == ["same"])
        }
    }
}

import Foundation
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport
import Testing

@testable import Persistence

/// Several processes that share a database, each a queue with connections of its own.
@Suite(.enabled(if: TestDatabase.postgresURL != nil, "MARTLET_TEST_POSTGRES is not set"))
struct SharedJobQueueTests {
    @Test func everyJobIsDoneByOneOfTwo() async throws {
        try await TestDatabase.withSchema { schema in
            let time = VirtualTime()
            let done = Mutex<[String: Int]>([:])
            let worker = JobQueueTests.Recorder { job in
                done.withLock { $0[String(decoding: job.payload, as: UTF8.self), default: 0] += 1 }
                await Task.yield()
                return .done
            }
            var nodes: [(queue: JobQueue, database: PostgresDatabase, running: Task<Void, Never>)] = []
            for _ in 0..<2 {
                let database = try PostgresDatabase(url: TestDatabase.postgresURL ?? "", schema: schema)
                try await database.migrate(JobMigrations.all)
                let queue = JobQueue(database: database, time: time)
                queue.register(worker, for: "test")
                nodes.append((queue, database, Task { await queue.run() }))
            }
            let now = time.now
            try await withThrowingTaskGroup { group in
                for node in nodes.indices {
                    let queue = nodes[node].queue
                    group.addTask {
                        for index in 0..<100 {
                            let payload = Array("\(node)-\(index)".utf8)
                            try await queue.enqueue([
                                NewJob(kind: "test", lane: "lane", due: now, payload: payload)
                            ])
                        }
                    }
                }
                try await group.waitForAll()
            }
            for node in nodes { await node.queue.settled() }
            for node in nodes {
                node.running.cancel()
                await node.running.value
            }
            #expect(try await nodes[0].queue.count(kind: "test") == 0)
            #expect(done.withLock { $0 }.count == 200)
            #expect(done.withLock { $0 }.values.allSatisfy { $0 == 1 })
            for node in nodes { try await node.database.close() }
        }
    }

    /// Two processes' claims of one lane, which has two jobs.
    private func claims(
        isOrdered: Bool, _ body: (_ one: JobClaims, _ other: JobClaims, JobLane, Timestamp) async throws -> Void
    ) async throws {
        try await TestDatabase.with(.postgres, JobMigrations.all) { database in
            let now = VirtualTime().now
            try await JobQueue(database: database, time: VirtualTime()).enqueue(
                ["first", "second"].map {
                    NewJob(kind: "test", lane: "lane", due: now, payload: Array($0.utf8), isOrdered: isOrdered)
                })
            let lane = JobLane(kind: "test", name: "lane")
            try await body(JobClaims(database: database), JobClaims(database: database), lane, now)
        }
    }

    @Test func whatAnotherProcessDoesHoldsUpAnOrderedLane() async throws {
        try await claims(isOrdered: true) { one, other, lane, now in
            let first = try await one.claim(lane, 1, isOrdered: true, claimed: [], at: now)
            #expect(first.jobs.map { String(decoding: $0.payload, as: UTF8.self) } == ["first"])
            #expect(try await other.claim(lane, 1, isOrdered: true, claimed: [], at: now).jobs.isEmpty)
        }
    }

    /// The connection may break after a claim was committed, and before its answer was there.
    @Test func aClaimWhoseAnswerWasLostIsMadeAgain() async throws {
        try await claims(isOrdered: false) { one, other, lane, now in
            let lost = try await one.claim(lane, 8, isOrdered: false, claimed: [], at: now).jobs
            #expect(lost.count == 2)
            #expect(try await one.claim(lane, 8, isOrdered: false, claimed: [], at: now).jobs == lost)
            let ids = Set(lost.map(\.id))
            #expect(try await one.claim(lane, 8, isOrdered: false, claimed: ids, at: now).jobs.isEmpty)
            #expect(try await other.claim(lane, 8, isOrdered: false, claimed: [], at: now).jobs.isEmpty)
        }
    }

    /// The lease of a process that was killed runs out by the database's clock; here it is made to.
    @Test func theJobsOfADeadProcessAreTakenOver() async throws {
        try await TestDatabase.withSchema { schema in
            let time = VirtualTime()
            let database = try PostgresDatabase(url: TestDatabase.postgresURL ?? "", schema: schema)
            try await database.migrate(JobMigrations.all)
            let worker = JobQueueTests.Recorder { _ in .done }
            let queue = JobQueue(database: database, time: time)
            queue.register(worker, for: "test")
            try await queue.enqueue([NewJob(kind: "test", lane: "lane", due: time.now, payload: Array("left".utf8))])
            try await database.write { connection in
                try connection.execute("INSERT INTO job_owners (owner, alive_until) VALUES ('dead', 1)")
                try connection.execute("UPDATE jobs SET owner = 'dead'")
            }
            let running = Task { await queue.run() }
            while worker.done.isEmpty { await Task.yield() }
            await queue.settled()
            #expect(worker.done == ["left"])
            running.cancel()
            await running.value
            try await database.close()
        }
    }
}

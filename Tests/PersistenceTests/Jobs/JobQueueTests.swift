import Foundation
import Persistence
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport
import Testing

/// What becomes of jobs, on both engines, by a clock that the tests move.
@Suite struct JobQueueTests {
    /// Does jobs as a closure says, and notes them.
    final class Recorder: JobWorker {
        let isOrdered: Bool
        private let size: Int
        private let body: @Sendable (Job) async -> JobOutcome
        private let state = Mutex((done: [String](), running: 0, most: 0))

        init(isOrdered: Bool = false, window: Int = 8, _ body: @escaping @Sendable (Job) async -> JobOutcome) {
            self.isOrdered = isOrdered
            size = window
            self.body = body
        }

        var done: [String] { state.withLock { $0.done } }
        var most: Int { state.withLock { $0.most } }
        func window(_ lane: JobLane) -> Int { size }

        func run(_ job: Job) async -> JobOutcome {
            state.withLock { state in
                state.done.append(String(decoding: job.payload, as: UTF8.self))
                state.running += 1
                state.most = max(state.most, state.running)
            }
            defer { state.withLock { $0.running -= 1 } }
            return await body(job)
        }
    }

    private static func job(_ name: String, due: Timestamp, lane: String = "lane", isOrdered: Bool = false) -> NewJob {
        NewJob(kind: "test", lane: lane, due: due, payload: Array(name.utf8), isOrdered: isOrdered)
    }

    private func with(
        _ engine: SQLEngine, _ worker: Recorder, _ body: (JobQueue, VirtualTime, any Database) async throws -> Void
    ) async throws {
        try await TestDatabase.with(engine, JobMigrations.all) { database in
            let time = VirtualTime()
            let queue = JobQueue(database: database, time: time)
            queue.register(worker, for: "test")
            let running = Task { await queue.run() }
            try await body(queue, time, database)
            running.cancel()
            await running.value
        }
    }

    @Test(arguments: TestDatabase.engines)
    func jobsAreDoneWhenTheyAreDueInTheirOrder(engine: SQLEngine) async throws {
        let worker = Recorder(window: 1) { _ in .done }
        try await with(engine, worker) { queue, time, _ in
            let now = time.now
            try await queue.enqueue([
                Self.job("third", due: now.advanced(by: .seconds(2))), Self.job("first", due: now),
                Self.job("second", due: now.advanced(by: .seconds(1))),
            ])
            await queue.settled()
            #expect(worker.done == ["first"])
            #expect(queue.nextDue == now.advanced(by: .seconds(1)))
            time.advance(by: .seconds(2))
            await queue.settled()
            #expect(worker.done == ["first", "second", "third"])
            #expect(try await queue.count(kind: "test") == 0)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aRetryIsDoneLaterAndCounted(engine: SQLEngine) async throws {
        let time = Mutex<VirtualTime?>(nil)
        let worker = Recorder { job in
            guard job.attempts < 2, let now = time.withLock({ $0 })?.now else { return .done }
            return .retry(at: now.advanced(by: .seconds(60)), payload: Array("again \(job.attempts + 1)".utf8))
        }
        try await with(engine, worker) { queue, clock, _ in
            time.withLock { $0 = clock }
            try await queue.enqueue([Self.job("begin", due: clock.now)])
            for expected in [["begin"], ["begin", "again 1"], ["begin", "again 1", "again 2"]] {
                await queue.settled()
                #expect(worker.done == expected)
                clock.advance(by: .seconds(60))
            }
            #expect(try await queue.count(kind: "test") == 0)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func manyJobsAreAllDoneOnceWithinTheirWindow(engine: SQLEngine) async throws {
        let worker = Recorder(window: 5) { _ in
            await Task.yield()
            return .done
        }
        try await with(engine, worker) { queue, time, _ in
            let now = time.now
            for begin in stride(from: 0, to: 2000, by: 250) {
                try await queue.enqueue((begin..<begin + 250).map { Self.job("\($0)", due: now) })
            }
            await queue.settled()
            #expect(worker.done.count == 2000)
            #expect(Set(worker.done).count == 2000)
            #expect(worker.most <= 5)
            #expect(try await queue.count(kind: "test") == 0)
        }
    }

    /// The first is tried again, and holds up the others of its lane; another lane goes on.
    @Test(arguments: TestDatabase.engines)
    func anOrderedLaneKeepsItsOrder(engine: SQLEngine) async throws {
        let time = Mutex<VirtualTime?>(nil)
        let worker = Recorder(isOrdered: true) { job in
            guard job.attempts == 0, job.payload == Array("a1".utf8), let now = time.withLock({ $0 })?.now else {
                return .done
            }
            return .retry(at: now.advanced(by: .seconds(5)))
        }
        try await with(engine, worker) { queue, clock, _ in
            time.withLock { $0 = clock }
            try await queue.enqueue([
                Self.job("a1", due: clock.now, lane: "a", isOrdered: true),
                Self.job("a2", due: clock.now, lane: "a", isOrdered: true),
                Self.job("b1", due: clock.now, lane: "b", isOrdered: true),
                Self.job("a3", due: clock.now, lane: "a", isOrdered: true),
            ])
            await queue.settled()
            #expect(Set(worker.done) == ["a1", "b1"])
            clock.advance(by: .seconds(5))
            await queue.settled()
            #expect(worker.done.filter { $0.hasPrefix("a") } == ["a1", "a1", "a2", "a3"])
        }
    }

    /// What a job causes is committed with its end: another job here.
    @Test(arguments: TestDatabase.engines)
    func anEndAndItsConsequenceAreOneTransaction(engine: SQLEngine) async throws {
        let worker = Recorder { job in
            guard job.payload == Array("cause".utf8) else { return .done }
            return .doneWith { try $0.enqueue(Self.job("effect", due: job.due, lane: "other")) }
        }
        try await with(engine, worker) { queue, time, _ in
            try await queue.enqueue([Self.job("cause", due: time.now)])
            await queue.settled()
            #expect(worker.done == ["cause", "effect"])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aFailedTransactionEnqueuesNothing(engine: SQLEngine) async throws {
        struct Refused: Error {}
        let worker = Recorder { _ in .done }
        try await with(engine, worker) { queue, time, _ in
            let now = time.now
            await #expect(throws: Refused.self) {
                try await queue.write { transaction in
                    try transaction.enqueue(Self.job("never", due: now))
                    throw Refused()
                }
            }
            await queue.settled()
            #expect(worker.done.isEmpty)
        }
    }

    /// A process is gone before it could say what became of its jobs: the next one does them all.
    @Test(arguments: TestDatabase.engines)
    func theNextProcessDoesWhatWasLeft(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, JobMigrations.all) { database in
            let time = VirtualTime()
            let dead = JobQueue(database: database, time: time)
            try await dead.enqueue((0..<20).map { Self.job("\($0)", due: time.now, lane: "\($0 % 3)") })

            let worker = Recorder { _ in .done }
            let queue = JobQueue(database: database, time: time)
            queue.register(worker, for: "test")
            let running = Task { await queue.run() }
            while worker.done.count < 20 { await Task.yield() }
            await queue.settled()
            #expect(Set(worker.done).count == 20)
            running.cancel()
            await running.value
        }
    }

    /// A lane whose first job is not due yet is looked at again when it is, though nothing else happens meanwhile.
    @Test(arguments: TestDatabase.engines, [false, true])
    func whatIsDueLaterIsDoneWithoutAnotherEvent(engine: SQLEngine, isOrdered: Bool) async throws {
        let worker = Recorder(isOrdered: isOrdered) { _ in .done }
        try await with(engine, worker) { queue, time, _ in
            for round in 1...20 {
                try await queue.enqueue([
                    Self.job("later", due: time.now.advanced(by: .seconds(5)), isOrdered: isOrdered)
                ])
                await queue.settled()
                time.advance(by: .seconds(5))
                await queue.settled()
                #expect(worker.done.count == round)
            }
        }
    }
}

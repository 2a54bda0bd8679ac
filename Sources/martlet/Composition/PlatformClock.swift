import Persistence
import ServiceKit
import ServiceModel
import Synchronization

/// Moves the platform's clock. What becomes due on the way happens at its time and in its order: a retry that is due in a minute, and the
/// next, which the first one schedules two minutes later, both happen within an advance of five minutes.
///
/// Moves that are asked for at the same time are made one after the other: two advances are as far as both together.
final class PlatformClock: Sendable {
    let time: MovableTime
    let jobs: JobQueue
    private let store: ClockStore
    /// The end of the move that was asked for last.
    private let last = Mutex<Task<Void, Never>?>(nil)

    init(time: MovableTime, jobs: JobQueue, store: ClockStore) {
        self.time = time
        self.jobs = jobs
        self.store = store
    }

    /// What a move has come to.
    struct Reading: Sendable {
        var now: Timestamp
        var real: Timestamp
        /// Whether everything that is due has been done; false if it takes longer than anybody wants to wait.
        var isSettled = true
    }

    /// Times between which nobody can tell a moved clock from a broken one: from 1970 to 9999.
    static let range = Timestamp(milliseconds: 0)...Timestamp(milliseconds: 253_402_300_799_000)
    /// How long a move waits for what is due.
    private static let patience = Duration.seconds(60)

    var reading: Reading { reading(isSettled: true) }

    /// Of one moment, so that the offset is exact.
    private func reading(isSettled: Bool) -> Reading {
        let real = time.realNow
        return Reading(now: real.advanced(by: time.offset), real: real, isSettled: isSettled)
    }

    /// Takes the clock up where an earlier process had moved it.
    func restore() async throws { time.move(offset: try await store.offset()) }

    /// The clock goes with real time again.
    func resume() async throws -> Reading {
        try await inTurn {
            try await self.store.setOffset(.zero)
            self.time.move(offset: .zero)
            self.jobs.timeMoved()
            return await self.settle(until: .now + Self.patience)
        }
    }

    /// Moves the clock to what `target` makes of its time, and does what is due until then, step by step. A time that is past is gone
    /// to at once.
    /// - Returns: nil if there is no such time.
    func move(_ target: @escaping @Sendable (Timestamp) -> Timestamp) async throws -> Reading? {
        try await inTurn {
            // Both by one reading: an advance by nothing moves nothing.
            let real = self.time.realNow
            let target = target(real.advanced(by: self.time.offset))
            guard Self.range.contains(target) else { return nil }
            return try await self.move(
                to: target, offset: .milliseconds(target.milliseconds) - .milliseconds(real.milliseconds))
        }
    }

    /// To its end, even if whoever has asked for it does not wait: what is due on the way must happen at its time.
    private func inTurn<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
        let task = last.withLock { last in
            let task = Task { [last] in
                await last?.value
                return try await body()
            }
            last = Task { _ = await task.result }
            return task
        }
        return try await task.value
    }

    private func move(to target: Timestamp, offset: Duration) async throws -> Reading {
        let end = ContinuousClock.now + Self.patience
        // Before anything happens by it: what is due by a moved clock must not be lost by a restart.
        try await store.setOffset(offset)
        var reading = await settle(until: end)
        while reading.isSettled, let next = jobs.nextDue, next < target {
            if next > time.now { time.move(to: next) }
            jobs.timeMoved()
            reading = await settle(until: end)
        }
        time.move(offset: try await store.offset())
        jobs.timeMoved()
        return await settle(until: end)
    }

    /// Waits for what is due now.
    private func settle(until end: ContinuousClock.Instant) async -> Reading {
        let isSettled = await withTaskGroup(of: Bool.self) { group in
            group.addTask { [jobs] in await jobs.settled() }
            group.addTask {
                try? await Task.sleep(until: end, clock: .continuous)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        return reading(isSettled: isSettled)
    }
}

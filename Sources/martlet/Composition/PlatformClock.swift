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
    /// The last move that was asked for: one begins when the one before has ended.
    private let last = Mutex<Task<Reading, any Error>?>(nil)

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

    /// The clock cannot be moved there.
    struct OutOfRange: Error {}

    /// Times between which nobody can tell a moved clock from a broken one: from 1970 to 9999.
    static let range = Timestamp(milliseconds: 0)...Timestamp(milliseconds: 253_402_300_799_000)
    /// How long a move waits for what is due.
    private static let patience = Duration.seconds(60)

    var reading: Reading { Reading(now: time.now, real: time.realNow) }

    /// Takes the clock up where an earlier process had moved it.
    func restore() async throws { time.move(offset: try await store.offset()) }

    /// The clock goes with real time again.
    func resume() async throws -> Reading {
        try await inTurn { clock in
            try await clock.store.setOffset(.zero)
            clock.time.move(offset: .zero)
            clock.jobs.timeMoved()
            return await clock.settle(until: .now + Self.patience)
        }
    }

    /// Moves the clock ahead, and does what is due until then, step by step.
    func advance(by duration: Duration) async throws -> Reading {
        try await inTurn { try await $0.run(to: $0.time.now.advanced(by: duration)) }
    }

    /// Moves the clock to `target`, in the same way. A time that is past is gone to at once.
    func move(to target: Timestamp) async throws -> Reading { try await inTurn { try await $0.run(to: target) } }

    /// Runs a move to its end, even if nobody waits for it any longer.
    private func inTurn(_ body: @escaping @Sendable (PlatformClock) async throws -> Reading) async throws -> Reading {
        let move = last.withLock { last in
            let move = Task { [before = last] in
                _ = await before?.result
                return try await body(self)
            }
            last = move
            return move
        }
        return try await move.value
    }

    private func run(to target: Timestamp) async throws -> Reading {
        guard Self.range.contains(target) else { throw OutOfRange() }
        let end = ContinuousClock.now + Self.patience
        // Before anything happens by it: what is due by a moved clock must not be lost by a restart.
        try await store.setOffset(offset(to: target))
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

    private func offset(to target: Timestamp) -> Duration {
        .milliseconds(target.milliseconds) - .milliseconds(time.realNow.milliseconds)
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
        return Reading(now: time.now, real: time.realNow, isSettled: isSettled)
    }
}

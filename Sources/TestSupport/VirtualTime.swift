public import ServiceKit
public import ServiceModel
import Synchronization

/// A clock that stands still until a test moves it.
///
/// Sleepers wake in the order of their times, and each sees a `now` that is its own time or later:
///
///     let time = VirtualTime()
///     async let retry: Void = time.sleep(until: time.now.advanced(by: .seconds(120)))
///     await time.untilSleeping()
///     time.advance(by: .seconds(120))
///     try await retry
public final class VirtualTime: TimeSource {
    private struct Sleeper {
        var id: Int
        var time: Timestamp
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: Timestamp
        var nextID = 0
        /// By time; those of the same time in the order they came.
        var sleepers: [Sleeper] = []
        /// Cancelled before they began to sleep.
        var cancelled: Set<Int> = []
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>

    /// - Parameter now: 2026-01-01T00:00:00Z unless given.
    public init(now: Timestamp = Timestamp(milliseconds: 1_767_225_600_000)) { state = Mutex(State(now: now)) }

    public var now: Timestamp { state.withLock { $0.now } }

    /// Moves the clock, and wakes those whose time has come, in order.
    public func advance(by duration: Duration) {
        let target = now.advanced(by: duration)
        while let due = wakeNext(until: target) { due.resume() }
        state.withLock { $0.now = max($0.now, target) }
    }

    public func sleep(until time: Timestamp) async throws {
        try Task.checkCancellation()
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        defer { _ = state.withLock { $0.cancelled.remove(id) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                add(Sleeper(id: id, time: time, continuation: continuation))
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// Waits until at least `count` tasks sleep, so that a test moves the clock only then.
    public func untilSleeping(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.count < count { state.watchers.append((count, continuation)) }
                return state.sleepers.count >= count
            }
            if isThere { continuation.resume() }
        }
    }

    private func wakeNext(until target: Timestamp) -> CheckedContinuation<Void, any Error>? {
        state.withLock { state in
            guard let first = state.sleepers.first, first.time <= target else { return nil }
            state.sleepers.removeFirst()
            state.now = max(state.now, first.time)
            return first.continuation
        }
    }

    private func add(_ sleeper: Sleeper) {
        enum Outcome { case sleeps, due, cancelled }
        let (outcome, watchers) = state.withLock { state -> (Outcome, [CheckedContinuation<Void, Never>]) in
            if state.cancelled.contains(sleeper.id) { return (.cancelled, []) }
            if sleeper.time <= state.now { return (.due, []) }
            let position = state.sleepers.firstIndex { $0.time > sleeper.time } ?? state.sleepers.endIndex
            state.sleepers.insert(sleeper, at: position)
            let count = state.sleepers.count
            let ready = state.watchers.filter { $0.count <= count }.map(\.continuation)
            state.watchers.removeAll { $0.count <= count }
            return (.sleeps, ready)
        }
        switch outcome {
        case .sleeps: for watcher in watchers { watcher.resume() }
        case .due: sleeper.continuation.resume()
        case .cancelled: sleeper.continuation.resume(throwing: CancellationError())
        }
    }

    private func cancel(_ id: Int) {
        let continuation = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
                state.cancelled.insert(id)
                return nil
            }
            return state.sleepers.remove(at: index).continuation
        }
        continuation?.resume(throwing: CancellationError())
    }
}

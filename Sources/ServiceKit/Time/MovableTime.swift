public import ServiceModel
import Synchronization

/// The machine's clock, moved by as much as somebody wants: days pass in a moment, and time goes on from there.
public final class MovableTime: TimeSource {
    /// A task on its way to sleep.
    private enum Sleeper {
        case awake, asleep(CheckedContinuation<Void, Never>), woken

        /// - Returns: who is to be resumed.
        mutating func wake() -> CheckedContinuation<Void, Never>? {
            defer { self = .woken }
            return if case .asleep(let continuation) = self { continuation } else { nil }
        }
    }

    private struct State {
        var nextID: UInt64 = 0
        var sleepers: [UInt64: Sleeper] = [:]
    }

    private let real: any TimeSource
    /// In milliseconds. Every log line asks for the time: that takes no lock.
    private let lead = Atomic<Int64>(0)
    private let state = Mutex(State())

    /// - Parameter real: the clock that is moved.
    public init(_ real: any TimeSource = SystemTime()) { self.real = real }

    public var now: Timestamp { Timestamp(milliseconds: real.now.milliseconds &+ lead.load(ordering: .relaxed)) }

    /// The clock that nobody moves.
    public var realNow: Timestamp { real.now }

    /// By how much this clock is ahead of the real one; negative: it is behind.
    public var offset: Duration { .milliseconds(lead.load(ordering: .relaxed)) }

    /// Moves the clock, by whole milliseconds. Sleepers whose time has come wake.
    public func move(offset: Duration) {
        let milliseconds = Timestamp(milliseconds: 0).advanced(by: offset).milliseconds
        let sleepers = state.withLock { state in
            lead.store(milliseconds, ordering: .relaxed)
            return state.sleepers.keys.compactMap { state.sleepers[$0]?.wake() }
        }
        for sleeper in sleepers { sleeper.resume() }
    }

    /// Moves the clock to `time`.
    public func move(to time: Timestamp) {
        move(offset: .milliseconds(time.milliseconds) - .milliseconds(real.now.milliseconds))
    }

    public func sleep(until time: Timestamp) async throws {
        while true {
            try Task.checkCancellation()
            let now = self.now
            if time <= now { return }
            // Never longer than a minute: the real clock may be set, too.
            let rest = min(.milliseconds(time.milliseconds - now.milliseconds), Duration.seconds(60))
            await nap(rest, before: time)
        }
    }

    /// Waits for a while, or until the clock is moved, or the task is cancelled.
    private func nap(_ duration: Duration, before time: Timestamp) async {
        let id = state.withLock { state in
            state.nextID += 1
            state.sleepers[state.nextID] = .awake
            return state.nextID
        }
        defer { state.withLock { $0.sleepers[id] = nil } }
        let timer = Task {
            try await Task.sleep(for: duration)
            wake(id)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard case .awake = state.sleepers[id], now < time else {
                        return true
                    }
                    state.sleepers[id] = .asleep(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            wake(id)
        }
        timer.cancel()
    }

    private func wake(_ id: UInt64) {
        state.withLock { $0.sleepers[id]?.wake() }?.resume()
    }
}

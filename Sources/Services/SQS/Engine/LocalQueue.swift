import DequeModule
import HeapModule
import Persistence
import Synchronization

/// One queue of a process alone: its engine, and those who wait for messages.
final class LocalQueue: Sendable {
    struct State: Sendable {
        var engine: QueueEngine
        /// Those who wait, in the order in which they came.
        var waiters = Deque<Waiter>()
        var nextWaiter: UInt64 = 0
        /// Changes whenever there may be something to receive that was not there before.
        var arrivals: UInt64 = 0
        /// The page that is being read.
        var page: Task<Void, any Error>?
        var recordsSoon = false
        var isClosed = false
        /// Whether something was sent or asked for lately.
        var isUsed = true
    }

    struct Waiter: Sendable {
        var id: UInt64
        var continuation: CheckedContinuation<Void, Never>
    }

    let id: Int64
    let sequence: QueueSequence
    let state: Mutex<State>

    /// `next`: the sequence of the next message.
    /// `floor`: the messages up to here are gone.
    init(
        id: Int64, isFIFO: Bool, messages: Int, next: Int64, floor: Int64, delayed: [QueueEngine.Delayed],
        heldTogether: HeldBytes? = nil
    ) {
        self.id = id
        sequence = QueueSequence(next: next, floor: floor)
        var engine = QueueEngine(
            isFIFO: isFIFO, seed: .random(in: .min ... .max), heldTogether: heldTogether)
        engine.cursor = floor
        engine.tail = next - 1
        engine.total = messages
        for message in delayed { engine.delayed.insert(message) }
        state = Mutex(State(engine: engine))
    }

    deinit { state.withLock { $0.engine.held = 0 } }

    /// Whether it can be let go of: nobody has used it since this was asked last, and all that it knows is on disk.
    func isUnused() -> Bool {
        state.withLock { state in
            defer { state.isUsed = false }
            return !state.isUsed && !state.recordsSoon && state.page == nil && state.waiters.isEmpty
                && state.engine.isIdle
        }
    }

    // MARK: Waiting

    /// Wakes up to `count` of those who wait.
    static func wake(_ count: Int, _ state: inout State) -> [CheckedContinuation<Void, Never>] {
        state.arrivals &+= 1
        guard !state.waiters.isEmpty else { return [] }
        let woken = state.waiters.prefix(count).map(\.continuation)
        state.waiters.removeFirst(woken.count)
        return woken
    }

    /// Waits until something may have come, `deadline` in real time, or the end of the task.
    /// `arrivals`: as they were when there was nothing.
    func wait(since arrivals: UInt64, until deadline: ContinuousClock.Instant, _ alarms: AlarmClock) async {
        let id = state.withLock { state in
            state.nextWaiter &+= 1
            return state.nextWaiter
        }
        let timer = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            release(id)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isOver, alarm) = state.withLock { state -> (Bool, Int64?) in
                    if state.arrivals != arrivals || state.isClosed || Task.isCancelled || .now >= deadline {
                        return (true, nil)
                    }
                    state.waiters.append(Waiter(id: id, continuation: continuation))
                    return (false, state.engine.nextAlarm)
                }
                if isOver { continuation.resume() }
                if let alarm { alarms.set(self.id, at: alarm) }
            }
        } onCancel: {
            // The waiter may be about to be added: it looks for the cancellation itself.
            release(id)
        }
        timer.cancel()
    }

    private func release(_ id: UInt64) {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index).continuation
        }
        continuation?.resume()
    }

    /// The clock has rung: those who wait look again, and set it anew.
    func ring(now: Int64) {
        let woken = state.withLock { state in
            state.engine.advance(to: now)
            return Self.wake(state.waiters.count, &state)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Somebody who was woken does not take what there is: another one shall.
    func passOn() {
        let woken = state.withLock { Self.wake(1, &$0) }
        for continuation in woken { continuation.resume() }
    }

    /// All who wait look again.
    func wakeAll() {
        let woken = state.withLock { Self.wake($0.waiters.count, &$0) }
        for continuation in woken { continuation.resume() }
    }

    /// Nobody waits any longer.
    func close() {
        let woken = state.withLock { state in
            state.isClosed = true
            return Self.wake(state.waiters.count, &state)
        }
        for continuation in woken { continuation.resume() }
    }
}

import Synchronization

/// Wakes all who wait for something to come.
final class Bell: Sendable {
    private struct State {
        var rings: UInt64 = 0
        var isClosed = false
        var nextID: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// How often it has rung.
    var rings: UInt64 { state.withLock { $0.rings } }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    func ring() {
        let waiters = state.withLock { state in
            state.rings &+= 1
            defer { state.waiters = [:] }
            return state.waiters.values.map { $0 }
        }
        for waiter in waiters { waiter.resume() }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        ring()
    }

    /// Waits until it has rung since it had rung so often, for `deadline` in real time, or the end of the task.
    func wait(since rings: UInt64, until deadline: ContinuousClock.Instant) async {
        let id = state.withLock { state in
            state.nextID &+= 1
            return state.nextID
        }
        let timer = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            release(id)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.rings != rings || state.isClosed || Task.isCancelled || .now >= deadline { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            release(id)
        }
        timer.cancel()
    }

    private func release(_ id: UInt64) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
    }
}

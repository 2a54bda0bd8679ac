import ServiceKit
import ServiceModel
import Synchronization

/// Rings for queues at whose messages somebody waits, when one comes back or begins to be there. One task at most sleeps for all of them.
final class AlarmClock: Sendable {
    private struct State {
        var times: [Int64: Int64] = [:]
        /// When the sleeping task wakes.
        var due: Int64?
        var task: Task<Void, Never>?
    }

    private let time: any TimeSource
    private let state = Mutex(State())
    private let ring: @Sendable (Int64) -> Void

    /// `ring`: is told the number of a queue whose time has come.
    init(time: any TimeSource, ring: @escaping @Sendable (Int64) -> Void) {
        self.time = time
        self.ring = ring
    }

    deinit { state.withLock { $0.task?.cancel() } }

    /// Rings for a queue at a time, or earlier if that was set before. Milliseconds since 1970.
    func set(_ queue: Int64, at due: Int64) {
        state.withLock { state in
            if let set = state.times[queue], set <= due { return }
            state.times[queue] = due
            if let sleeping = state.due, sleeping <= due { return }
            state.task?.cancel()
            sleep(until: due, &state)
        }
    }

    private func sleep(until due: Int64, _ state: inout State) {
        state.due = due
        state.task = Task { [weak self, time] in
            guard (try? await time.sleep(until: Timestamp(milliseconds: due))) != nil else { return }
            self?.wake(due)
        }
    }

    private func wake(_ due: Int64) {
        let queues = state.withLock { state -> [Int64] in
            guard state.due == due else { return [] }
            let now = time.now.milliseconds
            let ready = state.times.filter { $0.value <= now }.map(\.key)
            for queue in ready { state.times[queue] = nil }
            state.due = nil
            state.task = nil
            if let next = state.times.values.min() { sleep(until: next, &state) }
            return ready
        }
        for queue in queues { ring(queue) }
    }
}

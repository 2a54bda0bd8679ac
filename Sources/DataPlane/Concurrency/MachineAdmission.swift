import Execution
import Synchronization

/// Lets environments start as far as the machine has memory for them; others wait for those that are starting, or are refused.
final class MachineAdmission: Sendable {
    /// There is no room, and nothing that could be ended for it.
    struct NoRoom: Error {
        /// Bytes.
        var available: Int64
    }

    fileprivate struct State {
        var room: MachineRoom
        var reading: MachineRoom.Reading?
        var read = ContinuousClock.now
        /// In the order in which they came.
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>
    private let read: @Sendable () -> MachineRoom.Reading?
    /// For how long a reading counts.
    private static let validity: Duration = .milliseconds(10)
    /// How often environments are ended for one that is to start.
    private static let attempts = 6

    /// - Parameters:
    ///   - reserve: what is left to the rest of the machine, in bytes; nil: a part of its memory.
    ///   - read: asks the machine what it has left; nil: it cannot tell.
    init(reserve: Int64?, read: @escaping @Sendable () -> MachineRoom.Reading? = MachineMemory.read) {
        state = Mutex(State(room: MachineRoom(reserve: reserve)))
        self.read = read
    }

    /// Runs the start of an environment as soon as there is room for it.
    /// - Parameters:
    ///   - need: what it is expected to need until it has started, in bytes.
    ///   - makeRoom: ends environments that nobody uses, to get so many bytes, and returns when they have ended; false: there is none.
    ///   - start: starts it.
    /// - Returns: what `start` returns.
    /// - Throws: ``NoRoom``, and what `start` does.
    func admitted<Result>(
        need: Int64, makeRoom: (Int64) async -> Bool, start: () async throws -> Result
    ) async throws -> Result {
        try await admit(need, makeRoom)
        defer { ended(need) }
        return try await start()
    }

    private enum Turn {
        case go
        case wait
        case short(Int64, available: Int64)
    }

    private func admit(_ need: Int64, _ makeRoom: (Int64) async -> Bool) async throws {
        var attempts = 0
        while true {
            switch turn(need) {
            case .go: return
            case .wait: await wait()
            case .short(let missing, let available):
                attempts += 1
                guard attempts <= Self.attempts, await makeRoom(missing) else {
                    // Whoever waits finds out by itself.
                    state.withLock { $0.wake(.max) }
                    throw NoRoom(available: available)
                }
                state.withLock { $0.reading = nil }
            }
        }
    }

    private func turn(_ need: Int64) -> Turn {
        state.withLock { state in
            let now = ContinuousClock.now
            if state.reading == nil || state.read.duration(to: now) > Self.validity {
                state.reading = read()
                state.read = now
            }
            // A kernel that says nothing sets no limit.
            let reading = state.reading ?? MachineRoom.Reading(available: .max / 2, total: 0)
            return switch state.room.admit(need, reading) {
            case .admit: .go
            case .wait: .wait
            case .short(let missing): .short(missing, available: reading.available)
            }
        }
    }

    private func wait() async {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                // Otherwise nobody is left who would wake it.
                guard state.room.starting > 0 else { return false }
                state.waiting.append(continuation)
                return true
            }
            if !waits { continuation.resume() }
        }
    }

    private func ended(_ need: Int64) {
        state.withLock { state in
            state.room.ended(need)
            state.wake(state.room.starting == 0 ? .max : 2)
        }
    }
}

extension MachineAdmission.State {
    /// Lets the first ones look again.
    fileprivate mutating func wake(_ count: Int) {
        let woken = waiting.prefix(count)
        waiting.removeFirst(woken.count)
        for continuation in woken { continuation.resume() }
    }
}

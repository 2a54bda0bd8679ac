import Execution
import Synchronization

/// Lets environments start as far as the machine has memory for them; others wait for those that are starting, or are refused.
final class MachineAdmission: Sendable {
    /// There is no room, and nothing that could be ended for it.
    struct NoRoom: Error {
        /// What an environment is expected to need until it has started, in bytes.
        var need: Int64
        /// What the machine has left, in bytes.
        var available: Int64
        /// What of that is not for environments, in bytes: it may be more than there is.
        var reserved: Int64

        /// For the caller.
        var message: String {
            "This machine has no memory for another execution environment: it needs \(need >> 20) MB, and of the "
                + "\(available >> 20) MB that are left \(reserved >> 20) MB are kept in reserve; no environment is idle."
        }
    }

    fileprivate struct State {
        var room: MachineRoom
        /// nil: memory has been given back since.
        var reading: MachineRoom.Reading?
        var read = ContinuousClock.now
        var isReading = false
        /// Moves when memory has been given back: what was read before does not show it.
        var generation = 0
        /// Who waits for a reading.
        var readers: [CheckedContinuation<Void, Never>] = []
        /// In the order in which they came.
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// For how long a reading counts.
    struct Validity: Sendable {
        var usual: Duration = .milliseconds(10)
        /// Where there is far more than is needed.
        var ample: Duration = .seconds(1)
    }

    private let state: Mutex<State>
    private let read: @Sendable () -> MachineRoom.Reading?
    private let validity: Validity
    /// How often environments are ended for one that is to start.
    private static let attempts = 6

    /// - Parameters:
    ///   - reserve: what is left to the rest of the machine, in bytes; nil: a part of its memory.
    ///   - validity: for how long an answer counts.
    ///   - read: asks the machine what it has left; nil: it cannot tell.
    init(
        reserve: Int64?, validity: Validity = Validity(),
        read: @escaping @Sendable () -> MachineRoom.Reading? = MachineMemory.read
    ) {
        state = Mutex(State(room: MachineRoom(reserve: reserve)))
        self.validity = validity
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

    /// How many environments are starting.
    var starting: Int { state.withLock { $0.room.starting } }

    /// Whether the machine has memory for something that is only kept for later.
    /// - Parameter bytes: what it needs.
    /// - Returns: whether an environment that comes now finds room beside it.
    func canSpare(_ bytes: Int64) async -> Bool {
        let isFresh = state.withLock { $0.reading != nil && $0.read.duration(to: .now) <= validity.usual }
        if !isFresh { await look() }
        return state.withLock { state in
            guard let reading = state.reading else { return false }
            return state.room.canSpare(bytes, reading)
        }
    }

    private enum Turn {
        case go
        case look
        case wait
        case short(Int64, NoRoom)
    }

    private func admit(_ need: Int64, _ makeRoom: (Int64) async -> Bool) async throws {
        var attempts = 0
        // What was read for this one counts, however long it took to come to its turn.
        var hasLooked = false
        while true {
            switch turn(need, hasLooked: hasLooked) {
            case .go: return
            case .look:
                await look()
                hasLooked = true
                continue
            case .wait: await wait()
            case .short(let missing, let noRoom):
                attempts += 1
                guard attempts <= Self.attempts, await makeRoom(missing) else {
                    // Whoever waits finds out by itself.
                    state.withLock { $0.wake(.max) }
                    throw noRoom
                }
                state.withLock { state in
                    state.reading = nil
                    state.generation += 1
                }
            }
            hasLooked = false
        }
    }

    private func turn(_ need: Int64, hasLooked: Bool) -> Turn {
        state.withLock { state in
            guard let reading = state.reading else { return .look }
            let age = state.read.duration(to: .now)
            let isFresh = age <= validity.usual || age <= validity.ample && state.room.isAmple(need, reading)
            guard hasLooked || isFresh else { return .look }
            return switch state.room.admit(need, reading) {
            case .admit: .go
            case .wait: .wait
            case .short(let missing):
                .short(
                    missing,
                    NoRoom(need: need, available: reading.available, reserved: state.room.reserved(reading)))
            }
        }
    }

    /// Has the machine asked, on a thread that serves nobody: who calls is on an event loop. Several callers share one answer.
    private func look() async {
        await withCheckedContinuation { continuation in
            let begins = state.withLock { state in
                state.readers.append(continuation)
                defer { state.isReading = true }
                return !state.isReading
            }
            // Not a child: it would be on the caller's loop.
            if begins { Task(priority: .high) { while !self.readMachine() {} } }
        }
    }

    /// - Returns: false if memory has been given back meanwhile.
    private func readMachine() -> Bool {
        let generation = state.withLock { $0.generation }
        // A kernel that says nothing sets no limit.
        let reading = read() ?? MachineRoom.Reading(available: .max / 2, total: 0)
        let readers = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
            guard state.generation == generation else { return nil }
            state.reading = reading
            state.read = .now
            state.room.wasRead()
            state.isReading = false
            defer { state.readers = [] }
            return state.readers
        }
        for reader in readers ?? [] { reader.resume() }
        return readers != nil
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

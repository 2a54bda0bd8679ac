import Synchronization

/// Every function in memory, so that an invocation asks no database. Filled in the background at start; until then, a
/// function that is missing is read when it is first asked for. Changes are installed after their commit.
final class FunctionCatalog: Sendable {
    private struct State {
        var functions: [FunctionKey: FunctionRecord] = [:]
        /// What was changed while the catalogue is filled: what was read of it before may be older.
        var changed: Set<FunctionKey> = []
        /// What a change may have left otherwise than it is known here.
        var doubtful: Set<FunctionKey> = []
        var isComplete = false
    }

    private let state = Mutex(State())
    private let counter = Atomic<Int>(0)
    private let onChange: @Sendable (FunctionKey, FunctionRecord?) -> Void

    /// - Parameter onChange: is told what becomes known of a function, in order, and that it is gone.
    init(onChange: @escaping @Sendable (FunctionKey, FunctionRecord?) -> Void = { _, _ in }) {
        self.onChange = onChange
    }

    /// Grows with every change of any function, when it is to be seen here.
    var changes: Int { counter.load(ordering: .acquiring) }

    /// Whether everything has been read, and nothing is in doubt.
    var isCertain: Bool { state.withLock { $0.isComplete && $0.doubtful.isEmpty } }

    /// What the catalogue says of a function.
    enum Answer: Sendable {
        case found(FunctionRecord)
        case missing, unknown
    }

    func lookUp(_ key: FunctionKey) -> Answer {
        state.withLock { state in
            if let function = state.functions[key] { return .found(function) }
            return state.isComplete && !state.doubtful.contains(key) ? .missing : .unknown
        }
    }

    /// Installs what a change has made of a function; nil if it was deleted. Changes of one function are made one at a
    /// time.
    func install(_ key: FunctionKey, _ function: FunctionRecord?) {
        state.withLock { state in
            state.functions[key] = function
            onChange(key, function)
            state.doubtful.remove(key)
            if !state.isComplete { state.changed.insert(key) }
        }
        counter.add(1, ordering: .acquiringAndReleasing)
    }

    /// Says that a change ended in an error, and may have been made or not: the function is read again when it is asked
    /// for.
    func doubt(_ key: FunctionKey) {
        state.withLock { state in
            state.functions[key] = nil
            state.doubtful.insert(key)
        }
        counter.add(1, ordering: .acquiringAndReleasing)
    }

    /// Adds what was read from the database, unless it is known or was changed since.
    func fill(_ functions: [FunctionRecord]) {
        state.withLock { state in
            for function in functions
            where state.functions[function.key] == nil && !state.changed.contains(function.key) {
                state.functions[function.key] = function
                onChange(function.key, function)
                state.doubtful.remove(function.key)
            }
        }
    }

    /// From now on, what is missing does not exist.
    func complete() {
        state.withLock { state in
            state.isComplete = true
            state.changed = []
        }
    }

    func forget() {
        state.withLock { state in
            for key in state.functions.keys { onChange(key, nil) }
            state = State(isComplete: true)
        }
        counter.add(1, ordering: .acquiringAndReleasing)
    }
}

import Execution
import Synchronization

/// Which functions have provisioned concurrency, and which of their configurations were changed a moment ago: AWS shows those as
/// `IN_PROGRESS` for minutes; here the environments may be there at once, and the moment lasts as long as that of
/// ``SettlingFunctions``.
final class ProvisioningFunctions: Sendable {
    private struct Name: Hashable {
        var key: FunctionKey
        var qualifier: String
    }

    private struct Change {
        var end: ContinuousClock.Instant
        var allocated: Int
        var available: Int
    }

    private struct State {
        var keys: Set<FunctionKey> = []
        var changes: [Name: Change] = [:]
    }

    private let time: Duration
    private let state = Mutex(State())

    /// The time is how long a change takes to settle.
    init(time: Duration) { self.time = time }

    /// Notes whether a function has provisioned concurrency.
    /// - Returns: whether it has, or had.
    func noteKey(_ key: FunctionKey, isProvisioned: Bool) -> Bool {
        state.withLock { state in
            if isProvisioned {
                state.keys.insert(key)
                return true
            }
            return state.keys.remove(key) != nil
        }
    }

    /// A configuration changes; what there was before is shown until it has settled.
    func begin(_ key: FunctionKey, _ qualifier: String, _ before: ProvisionedState?) {
        guard time > .zero else { return }
        let now = ContinuousClock.now
        state.withLock { state in
            if state.changes.count > 256 { state.changes = state.changes.filter { $0.value.end > now } }
            state.changes[Name(key: key, qualifier: qualifier)] = Change(
                end: now + time, allocated: before?.allocated ?? 0, available: before?.available ?? 0)
        }
    }

    /// What a configuration had before it was changed; nil: it has settled.
    func settling(_ key: FunctionKey, _ qualifier: String) -> (allocated: Int, available: Int)? {
        state.withLock { state in
            let name = Name(key: key, qualifier: qualifier)
            guard let change = state.changes[name] else { return nil }
            guard change.end > .now else {
                state.changes[name] = nil
                return nil
            }
            return (change.allocated, change.available)
        }
    }

    /// Forgets everything.
    /// - Returns: the functions that had provisioned concurrency.
    func forget() -> Set<FunctionKey> {
        state.withLock { state in
            defer { state = State() }
            return state.keys
        }
    }
}

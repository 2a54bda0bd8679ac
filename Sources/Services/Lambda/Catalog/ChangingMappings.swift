import Synchronization

/// Which event source mappings were changed a moment ago. AWS shows those as `Creating`, `Updating` and so on for a while; here
/// the moment lasts just long enough for clients to see the same states. What they become is in the database.
final class ChangingMappings: Sendable {
    private struct Change {
        var state: String
        var end: ContinuousClock.Instant
    }

    /// How long a change takes to settle.
    let time: Duration
    private let changes = Mutex<[MappingKey: Change]>([:])

    init(time: Duration) { self.time = time }

    /// A change begins; `state`, such as `Creating`, is shown until it has settled.
    func begin(_ key: MappingKey, _ state: String) {
        guard time > .zero else { return }
        let now = ContinuousClock.now
        changes.withLock { changes in
            if changes.count > 256 { changes = changes.filter { $0.value.end > now } }
            changes[key] = Change(state: state, end: now + time)
        }
    }

    /// What is shown; nil: the mapping has settled.
    func state(_ key: MappingKey) -> String? {
        changes.withLock { changes in
            guard let change = changes[key] else { return nil }
            guard change.end > .now else {
                changes[key] = nil
                return nil
            }
            return change.state
        }
    }

    func forget() { changes.withLock { $0 = [:] } }
}

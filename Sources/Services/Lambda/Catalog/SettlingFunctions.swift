import Synchronization

/// Which functions were created or updated a moment ago. AWS shows them as `Pending` or `InProgress` while it prepares
/// them; here the work is done before the answer, and the moment lasts just long enough for clients to see the same
/// states.
final class SettlingFunctions: Sendable {
    /// How a version appears.
    enum State: Sendable, Hashable {
        case settled
        /// `State` is `Pending`.
        case creating
        /// `LastUpdateStatus` is `InProgress`.
        case updating
    }

    private struct Change {
        var isCreation: Bool
        /// The version that an update published.
        var published: String?
        var end: ContinuousClock.Instant
    }

    private let time: Duration
    private let changes = Mutex<[FunctionKey: Change]>([:])

    /// The time is how long a change takes to settle.
    init(time: Duration) { self.time = time }

    func begin(_ key: FunctionKey, isCreation: Bool, published: String? = nil) {
        guard time > .zero else { return }
        let now = ContinuousClock.now
        changes.withLock { changes in
            if changes.count > 256 { changes = changes.filter { $0.value.end > now } }
            changes[key] = Change(isCreation: isCreation, published: published, end: now + time)
        }
    }

    func forget(_ key: FunctionKey) {
        _ = changes.withLock { $0.removeValue(forKey: key) }
    }

    func state(_ key: FunctionKey, _ version: String) -> State {
        changes.withLock { changes in
            guard let change = changes[key] else { return .settled }
            guard change.end > .now else {
                changes[key] = nil
                return .settled
            }
            if change.isCreation { return .creating }
            if version == change.published { return .creating }
            return version == latestVersion ? .updating : .settled
        }
    }

    /// Returns when the function has settled: waiters ask once, and not again a second later.
    func wait(_ key: FunctionKey) async throws {
        guard let end = changes.withLock({ $0[key]?.end }), end > .now else { return }
        try await Task.sleep(until: end, clock: .continuous)
    }
}

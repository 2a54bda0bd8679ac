import Synchronization

/// The ids of the roles that environments were started with. No cold start waits for the database but a role's first: after a
/// moment what is known is looked up again, beside the cold start that uses it once more.
final class RoleIDs: Sendable {
    private struct Known {
        var id: String?
        var until: ContinuousClock.Instant
    }

    private static let life: Duration = .seconds(1)
    private static let capacity = 10_000
    private let known = Mutex<[String: Known]>([:])

    func id(account: String, name: String, ask: @escaping @Sendable () async -> String?) async -> String? {
        let key = "\(account):\(name)"
        let (found, isFresh) = known.withLock { known in
            guard let found = known[key] else { return (nil as Known?, false) }
            let isFresh = found.until > .now
            // Who comes next need not ask too.
            if !isFresh { known[key]?.until = .now + Self.life }
            return (found, isFresh)
        }
        guard let found, found.id != nil || isFresh else { return await learn(key, ask) }
        if !isFresh { Task(priority: .utility) { await learn(key, ask) } }
        return found.id
    }

    @discardableResult
    private func learn(_ key: String, _ ask: () async -> String?) async -> String? {
        let id = await ask()
        known.withLock { known in
            if known.count >= Self.capacity { known = [:] }
            known[key] = Known(id: id, until: .now + Self.life)
        }
        return id
    }
}

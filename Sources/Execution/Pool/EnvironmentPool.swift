/// Which environments exist, which are idle, and who may start another: pure decisions that the data plane performs.
///
/// One request per environment, as on AWS; nothing queues. The environment that became idle last is used first, so that the
/// others can be frozen and ended.
///
/// Its owner guards it, and everything that it hands out, with one lock.
public struct EnvironmentPool<Environment: AnyObject & Sendable>: ~Copyable, Sendable {
    public typealias Member = PooledEnvironment<Environment>

    public enum Decision: Sendable {
        /// Give it the event.
        case reuse(Member)
        /// Give it the event, which it takes when its runtime asks for one: it has answered the one before.
        case follow(Member)
        /// Start one; then ``started(_:function:)`` or ``startFailed(_:)``.
        case start
        /// The account has as many as it may.
        case throttled
    }

    @usableFromInline
    struct Scope: Hashable, Sendable {
        @usableFromInline var account: String
        @usableFromInline var region: String
    }

    @usableFromInline var functions: [FunctionKey: PooledFunction<Environment>] = [:]
    @usableFromInline var scopes: [Scope: PoolScope] = [:]
    @usableFromInline let limit: Int

    /// - Parameter limit: how many environments may serve one account in one region at the same time.
    public init(limit: Int) { self.limit = limit }

    /// Finds who serves an invocation. What it returns is in use until ``answered(_:)``, ``idle(_:)``, ``ended(_:)`` or
    /// ``startFailed(_:)``.
    @inlinable
    public mutating func acquire(
        _ function: FunctionVersion, preferring: (Environment) -> Bool = { _ in true }
    ) -> Decision {
        let pooled = pooled(function)
        guard pooled.scope.inUse < limit else { return .throttled }
        pooled.scope.inUse += 1
        return pooled.take(revision: function.revision, preferring) ?? .start
    }

    /// As ``acquire(_:preferring:)``, if there is one to reuse or to follow; otherwise nothing is changed.
    @inlinable
    public mutating func acquireWarm(_ function: FunctionVersion, preferring: (Environment) -> Bool) -> Decision? {
        guard let pooled = functions[FunctionKey(function)], pooled.scope.inUse < limit,
            let decision = pooled.take(revision: function.revision, preferring)
        else { return nil }
        pooled.scope.inUse += 1
        return decision
    }

    /// A new environment serves its first invocation.
    public mutating func started(_ environment: Environment, function: FunctionVersion) -> Member {
        let pooled = pooled(function)
        let member = Member(environment, of: pooled, revision: function.revision)
        pooled.members[ObjectIdentifier(environment)] = member
        return member
    }

    /// The environment that ``acquire(_:preferring:)`` asked for does not exist.
    public mutating func startFailed(_ function: FunctionVersion) {
        let pooled = pooled(function)
        pooled.scope.inUse -= 1
        forget(pooled)
    }

    /// The invocation is over for its caller; the environment is about to wait.
    @inlinable
    public mutating func answered(_ member: Member) {
        guard member.state == .busy else { return }
        member.state = .finishing
        member.function.scope.inUse -= 1
        if !member.retired { member.function.finishing.append(member) }
    }

    /// The runtime of an environment waits for an event.
    /// - Returns: false if the environment shall be ended.
    @inlinable
    public mutating func idle(_ member: Member) -> Bool {
        switch member.state {
        case .busy: member.function.scope.inUse -= 1
        case .finishing: member.function.finishing.removeAll { $0 === member }
        case .followed:
            // The event is on its way.
            member.state = .busy
            return true
        case .idle, .gone: return false
        }
        member.state = .idle
        guard !member.retired else { return false }
        member.function.idle.append(member)
        return true
    }

    /// Gives up to let an environment follow: its runtime does not ask. The invocation stays in use, for one that is started.
    public mutating func unfollow(_ member: Member) {
        switch member.state {
        case .followed:
            member.state = .finishing
        case .busy:
            // It asked in the meantime, and gets nothing.
            member.state = .idle
            if !member.retired { member.function.idle.append(member) }
        case .finishing, .idle, .gone: break
        }
    }

    /// Takes an idle environment out, to end it.
    /// - Returns: false if it is in use or gone.
    public mutating func takeIdle(_ member: Member) -> Bool {
        guard member.state == .idle else { return false }
        member.retired = true
        member.function.idle.removeAll { $0 === member }
        return true
    }

    /// The environment has ended, whatever it did.
    public mutating func ended(_ member: Member) {
        // Whoever follows goes elsewhere, and is still in use.
        if member.state == .busy { member.function.scope.inUse -= 1 }
        member.state = .gone
        let pooled = member.function
        pooled.members[ObjectIdentifier(member.environment)] = nil
        pooled.idle.removeAll { $0 === member }
        pooled.finishing.removeAll { $0 === member }
        forget(pooled)
    }

    /// Retires the environments of a function's versions, but for those of one revision.
    /// - Returns: the idle ones, to be ended now; the others end when they become idle.
    public mutating func retire(
        account: String, region: String, name: String, version: String?, exceptRevision: String?
    ) -> [Environment] {
        var ending: [Environment] = []
        for (key, pooled) in functions
        where key.account == account && key.region == region && key.name == name
            && (version == nil || version == key.version)
        {
            for member in pooled.members.values where member.revision != exceptRevision && !member.retired {
                member.retired = true
                if member.state == .idle { ending.append(member.environment) }
            }
            pooled.idle.removeAll(where: \.retired)
            pooled.finishing.removeAll(where: \.retired)
        }
        return ending
    }

    /// All environments, to be ended.
    public var all: [Environment] { functions.values.flatMap { $0.members.values.map(\.environment) } }

    /// How many environments there are, and how many of them are idle.
    public var counts: (total: Int, idle: Int) {
        functions.values.reduce(into: (0, 0)) { counts, function in
            counts.0 += function.members.count
            counts.1 += function.members.values.count { $0.state == .idle }
        }
    }

    /// How many invocations an account runs in a region.
    public func running(account: String, region: String) -> Int {
        scopes[Scope(account: account, region: region)]?.inUse ?? 0
    }

    @usableFromInline
    mutating func pooled(_ function: FunctionVersion) -> PooledFunction<Environment> {
        let key = FunctionKey(function)
        if let known = functions[key] { return known }
        let scope = Scope(account: function.account, region: function.region)
        let counter = scopes[scope] ?? PoolScope()
        scopes[scope] = counter
        let pooled = PooledFunction<Environment>(key, in: counter)
        functions[key] = pooled
        return pooled
    }

    private mutating func forget(_ pooled: PooledFunction<Environment>) {
        if pooled.members.isEmpty { functions[pooled.key] = nil }
    }
}

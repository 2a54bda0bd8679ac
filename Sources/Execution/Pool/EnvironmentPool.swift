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
        /// A limit is reached.
        case throttled(Throttle)
    }

    @usableFromInline var functions: [FunctionKey: PooledFunction<Environment>] = [:]
    var books: ConcurrencyBooks
    /// Counts what becomes idle.
    @usableFromInline var clock: UInt64 = 0

    /// - Parameter limit: how many invocations of one account may run in one region at the same time.
    public init(limit: Int) { books = ConcurrencyBooks(limit: limit) }

    /// Finds who serves an invocation: a provisioned environment if it may use one, an on-demand one, or a new one. What it
    /// returns is in use until ``answered(_:)``, ``idle(_:)``, ``ended(_:)`` or ``startFailed(_:)``.
    /// - Parameters:
    ///   - function: what is to be run.
    ///   - preferring: of several environments, those to take first.
    ///   - now: what has passed since some beginning; asked only where one has to be started.
    /// - Returns: what to do.
    @inlinable
    public mutating func acquire(
        _ function: FunctionVersion, preferring: (Environment) -> Bool = { _ in true },
        at now: @autoclosure () -> Duration = .zero
    ) -> Decision {
        if function.provisioning != nil, let decision = acquireProvisioned(function, preferring) { return decision }
        let pooled = pooled(function)
        if let throttle = pooled.concurrency.throttle { return refuse(pooled, throttle) }
        guard let decision = pooled.take(revision: function.revision, preferring) else {
            return start(pooled, function, at: now())
        }
        pooled.concurrency.enter()
        if let qualifier = function.provisioning { pooled.concurrency.use(qualifier).spillovers += 1 }
        return decision
    }

    /// As ``acquire(_:preferring:at:)``, if there is one to reuse or to follow; otherwise nothing is changed.
    @inlinable
    public mutating func acquireWarm(_ function: FunctionVersion, preferring: (Environment) -> Bool) -> Decision? {
        if function.provisioning != nil, let decision = acquireProvisioned(function, preferring) { return decision }
        guard let pooled = functions[FunctionKey(function, provisioning: nil)], pooled.concurrency.throttle == nil,
            let decision = pooled.take(revision: function.revision, preferring)
        else { return nil }
        pooled.concurrency.enter()
        if let qualifier = function.provisioning { pooled.concurrency.use(qualifier).spillovers += 1 }
        return decision
    }

    @usableFromInline
    mutating func acquireProvisioned(_ function: FunctionVersion, _ preferring: (Environment) -> Bool) -> Decision? {
        guard let pooled = functions[FunctionKey(function)],
            let decision = pooled.take(revision: function.revision, preferring)
        else { return nil }
        pooled.enter()
        return decision
    }

    @usableFromInline
    mutating func refuse(_ pooled: PooledFunction<Environment>, _ throttle: Throttle) -> Decision {
        forget(pooled)
        return .throttled(throttle)
    }

    @usableFromInline
    mutating func start(_ pooled: PooledFunction<Environment>, _ function: FunctionVersion, at now: Duration)
        -> Decision
    {
        let concurrency = pooled.concurrency
        guard concurrency.rate.take(at: now) else { return refuse(pooled, .scaling) }
        concurrency.enter()
        if let qualifier = function.provisioning { concurrency.use(qualifier).spillovers += 1 }
        books.tidy(at: now)
        return .start
    }

    /// A new on-demand environment serves its first invocation.
    public mutating func started(_ environment: Environment, function: FunctionVersion) -> Member {
        let pooled = pooled(function)
        let member = Member(environment, of: pooled, revision: function.revision)
        pooled.members[ObjectIdentifier(environment)] = member
        return member
    }

    /// The environment that ``acquire(_:preferring:at:)`` asked for does not exist.
    public mutating func startFailed(_ function: FunctionVersion) {
        let pooled = pooled(function)
        pooled.leave()
        forget(pooled)
    }

    /// The invocation is over for its caller; the environment is about to wait.
    @inlinable
    public mutating func answered(_ member: Member) {
        guard member.state == .busy else { return }
        member.state = .finishing
        member.function.leave()
        if !member.retired { member.function.finishing.append(member) }
    }

    /// The runtime of an environment waits for an event.
    /// - Returns: false if the environment shall be ended.
    @inlinable
    public mutating func idle(_ member: Member) -> Bool {
        switch member.state {
        case .busy: member.function.leave()
        case .finishing: member.function.finishing.removeAll { $0 === member }
        case .followed:
            // The event is on its way.
            member.state = .busy
            return true
        case .idle, .gone: return false
        }
        member.state = .idle
        guard !member.retired else { return false }
        clock += 1
        member.idleSince = clock
        member.function.idle.append(member)
        return true
    }

    /// Gives up to let an environment follow: its runtime does not ask. The invocation is in use on demand now, for an environment
    /// that is started.
    /// - Returns: nil, or the limit that is in the way of that: then the invocation is not in use any more.
    public mutating func unfollow(_ member: Member, at now: Duration = .zero) -> Throttle? {
        switch member.state {
        case .followed:
            member.state = .finishing
        case .busy:
            // It asked in the meantime, and gets nothing.
            member.state = .idle
            if !member.retired { member.function.idle.append(member) }
        case .finishing, .idle, .gone: break
        }
        let pooled = member.function
        if let provisioned = pooled.provisioned {
            pooled.leave()
            if let throttle = pooled.concurrency.throttle { return throttle }
            pooled.concurrency.enter()
            provisioned.spillovers += 1
        }
        guard pooled.concurrency.rate.take(at: now) else {
            pooled.concurrency.leave()
            return .scaling
        }
        return nil
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
        if member.state == .busy { member.function.leave() }
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
        books.existing(account: account, region: region)?.running ?? 0
    }

    /// What serves a version on demand.
    @usableFromInline
    mutating func pooled(_ function: FunctionVersion) -> PooledFunction<Environment> {
        pooled(FunctionKey(function, provisioning: nil))
    }

    mutating func pooled(_ key: FunctionKey) -> PooledFunction<Environment> {
        if let known = functions[key] { return known }
        let pooled = PooledFunction<Environment>(key, books.function(FunctionName(key)))
        pooled.concurrency.users += 1
        pooled.provisioned?.users += 1
        functions[key] = pooled
        return pooled
    }

    private mutating func forget(_ pooled: PooledFunction<Environment>) {
        guard pooled.members.isEmpty, functions[pooled.key] === pooled else { return }
        functions[pooled.key] = nil
        pooled.concurrency.users -= 1
        if let provisioned = pooled.provisioned {
            provisioned.users -= 1
            pooled.concurrency.prune()
        }
    }
}

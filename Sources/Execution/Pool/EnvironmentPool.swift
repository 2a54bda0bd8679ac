/// Which environments exist, which are idle, and who may start another. A pure value: the data plane performs what it decides.
///
/// One request per environment, as on AWS; nothing queues. The environment that became idle last is used first, so that the
/// others can be frozen and ended.
public struct EnvironmentPool<Environment: AnyObject & Sendable>: Sendable {
    public enum Decision: Sendable {
        /// Give it the event.
        case reuse(Environment)
        /// Start one; then ``started(_:function:)`` or ``startFailed(_:)``.
        case start
        /// The account has as many as it may.
        case throttled
    }

    private struct Scope: Hashable {
        var account: String
        var region: String
    }

    private struct Member {
        var environment: Environment
        var revision: String
        var idle: Bool
        var retired: Bool
    }

    private struct Function {
        var members: [ObjectIdentifier: Member] = [:]
        /// Idle ones, the last to become so at the end. May hold members that are gone.
        var idle: [ObjectIdentifier] = []

        mutating func takeIdle(revision: String, _ preferring: (Environment) -> Bool) -> Environment? {
            var found: (index: Int, member: Member)?
            for index in idle.indices.reversed().prefix(32) {
                guard let member = members[idle[index]], member.idle, !member.retired, member.revision == revision else {
                    continue
                }
                found = found ?? (index, member)
                if preferring(member.environment) {
                    found = (index, member)
                    break
                }
            }
            guard let found else { return nil }
            members[idle.remove(at: found.index)]?.idle = false
            return found.member.environment
        }

        mutating func putBack(_ environment: Environment) {
            members[ObjectIdentifier(environment)]?.idle = true
            idle.append(ObjectIdentifier(environment))
        }
    }

    private var functions: [FunctionKey: Function] = [:]
    private var inUse: [Scope: Int] = [:]
    private let limit: Int

    /// - Parameter limit: how many environments may serve one account in one region at the same time.
    public init(limit: Int) { self.limit = limit }

    /// Finds who serves an invocation. What it returns is in use until ``idle(_:function:)``, ``ended(_:function:)`` or ``startFailed(_:)``.
    public mutating func acquire(_ function: FunctionVersion) -> Decision {
        let scope = Scope(account: function.account, region: function.region)
        guard inUse[scope, default: 0] < limit else { return .throttled }
        inUse[scope, default: 0] += 1
        let key = FunctionKey(function)
        while let id = functions[key]?.idle.popLast() {
            guard let member = functions[key]?.members[id], member.idle, !member.retired,
                member.revision == function.revision
            else {
                continue
            }
            functions[key]?.members[id]?.idle = false
            return .reuse(member.environment)
        }
        return .start
    }

    /// Finds an idle environment, as ``acquire(_:)`` does, and otherwise changes nothing.
    /// - Parameter preferring: of several, one for which this holds is taken, if it is not among the longest idle.
    public mutating func acquireIdle(
        _ function: FunctionVersion, preferring: (Environment) -> Bool
    ) -> Environment? {
        guard let index = functions.index(forKey: FunctionKey(function)) else { return nil }
        let environment = functions.values[index].takeIdle(revision: function.revision, preferring)
        guard let environment else { return nil }
        let scope = Scope(account: function.account, region: function.region)
        guard inUse[scope, default: 0] < limit else {
            functions.values[index].putBack(environment)
            return nil
        }
        inUse[scope, default: 0] += 1
        return environment
    }

    /// A new environment serves its first invocation.
    public mutating func started(_ environment: Environment, function: FunctionVersion) {
        functions[FunctionKey(function), default: Function()].members[ObjectIdentifier(environment)] = Member(
            environment: environment, revision: function.revision, idle: false, retired: false)
    }

    /// The environment that ``acquire(_:)`` asked for does not exist.
    public mutating func startFailed(_ function: FunctionVersion) { release(function) }

    /// An invocation is over and the environment waits.
    /// - Returns: false if it shall be ended instead.
    public mutating func idle(_ environment: Environment, function: FunctionVersion) -> Bool {
        let key = FunctionKey(function)
        let id = ObjectIdentifier(environment)
        guard let member = functions[key]?.members[id], !member.idle else { return false }
        release(function)
        functions[key]?.members[id]?.idle = true
        guard !member.retired else { return false }
        functions[key]?.idle.append(id)
        return true
    }

    /// Takes an idle environment out, to end it.
    /// - Returns: false if it is in use or gone.
    public mutating func takeIdle(_ environment: Environment, function: FunctionVersion) -> Bool {
        let key = FunctionKey(function)
        let id = ObjectIdentifier(environment)
        guard let member = functions[key]?.members[id], member.idle else { return false }
        functions[key]?.members[id]?.retired = true
        functions[key]?.idle.removeAll { $0 == id }
        return true
    }

    /// The environment has ended, whatever it did.
    public mutating func ended(_ environment: Environment, function: FunctionVersion) {
        let key = FunctionKey(function)
        let id = ObjectIdentifier(environment)
        guard let member = functions[key]?.members.removeValue(forKey: id) else { return }
        if !member.idle { release(function) }
        functions[key]?.idle.removeAll { $0 == id }
        if functions[key]?.members.isEmpty == true { functions[key] = nil }
    }

    /// Retires the environments of a function's versions, but for those of one revision.
    /// - Returns: the idle ones, to be ended now; the others end when they become idle.
    public mutating func retire(
        account: String, region: String, name: String, version: String?, exceptRevision: String?
    ) -> [Environment] {
        var ending: [Environment] = []
        for key in functions.keys
        where key.account == account && key.region == region && key.name == name
            && (version == nil || version == key.version)
        {
            for (id, member) in functions[key]?.members ?? [:]
            where member.revision != exceptRevision && !member.retired {
                functions[key]?.members[id]?.retired = true
                if member.idle { ending.append(member.environment) }
            }
        }
        return ending
    }

    /// All environments, to be ended.
    public var all: [Environment] { functions.values.flatMap { $0.members.values.map(\.environment) } }

    /// How many environments there are, and how many of them are idle.
    public var counts: (total: Int, idle: Int) {
        functions.values.reduce(into: (0, 0)) { counts, function in
            counts.0 += function.members.count
            counts.1 += function.members.values.count { $0.idle }
        }
    }

    /// How many invocations an account runs in a region.
    public func running(account: String, region: String) -> Int {
        inUse[Scope(account: account, region: region), default: 0]
    }

    private mutating func release(_ function: FunctionVersion) {
        let scope = Scope(account: function.account, region: function.region)
        let rest = inUse[scope, default: 0] - 1
        inUse[scope] = rest > 0 ? rest : nil
    }
}

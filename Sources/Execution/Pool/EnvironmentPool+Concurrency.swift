/// Configuring what limits the pool, and asking what it did.
extension EnvironmentPool {
    /// Sets a function's reserved concurrency; nil: it shares what is unreserved.
    public mutating func reserve(_ function: FunctionName, executions: Int?) {
        if executions == nil, books.existing(function) == nil { return }
        books.function(function).reserve(executions)
    }

    /// Sets how many environments are provisioned for each qualifier of a function; those are no one else's.
    public mutating func provision(_ function: FunctionName, executions: [String: Int]) {
        if executions.isEmpty, books.existing(function) == nil { return }
        books.function(function).provision(executions)
    }

    /// Takes in a provisioned environment, idle. The function names the qualifier.
    public mutating func provisioned(_ environment: Environment, function: FunctionVersion) -> Member {
        let pooled = pooled(FunctionKey(function))
        let member = Member(environment, of: pooled, revision: function.revision)
        member.state = .idle
        clock += 1
        member.idleSince = clock
        pooled.members[ObjectIdentifier(environment)] = member
        pooled.idle.append(member)
        return member
    }

    /// Retires one environment.
    /// - Returns: true if it is idle, and shall be ended now; otherwise it ends when it becomes idle.
    public mutating func retire(_ member: Member) -> Bool {
        guard !member.retired else { return false }
        if takeIdle(member) { return true }
        member.retired = true
        member.function.finishing.removeAll { $0 === member }
        return false
    }

    /// Takes the environments out that have been idle for longest, to end them; no provisioned ones, and none of one version's.
    public mutating func takeLeastRecentlyUsed(_ count: Int, sparing function: FunctionVersion?) -> [Environment] {
        let spared = function.map { FunctionKey($0, provisioning: nil) }
        // Each function's are in order; no more than the first few of each can be among those that are looked for.
        var candidates = functions.values.filter { $0.provisioned == nil && $0.key != spared }
            .flatMap { $0.idle.prefix(count) }
        candidates.sort { $0.idleSince < $1.idleSince }
        let taken = candidates.prefix(max(0, count))
        for member in taken { _ = takeIdle(member) }
        return taken.map(\.environment)
    }

    /// What each account and function ran at most since this was last asked. Where nothing ran there is nothing.
    public mutating func takePeaks() -> ConcurrencyPeaks {
        var peaks = ConcurrencyPeaks()
        for account in books.allAccounts where account.peak > 0 {
            peaks.accounts.append(
                ConcurrencyPeaks.Account(
                    account: account.account, region: account.region, running: account.peak,
                    unreserved: account.unreservedPeak,
                    claimed: account.unreservedPeak + account.reserved + account.provisioned))
            account.peak = account.running
            account.unreservedPeak = account.unreserved
        }
        for function in books.allFunctions {
            if function.peak > 0 {
                peaks.functions.append(ConcurrencyPeaks.Function(name: function.name, running: function.peak))
                function.peak = function.running
            }
            for use in function.provisioned.values
            where use.requested > 0 || use.peak > 0 || use.invocations > 0 || use.spillovers > 0 {
                peaks.provisioned.append(
                    ConcurrencyPeaks.Provisioned(
                        name: function.name, qualifier: use.qualifier, requested: use.requested, running: use.peak,
                        invocations: use.invocations, spillovers: use.spillovers))
                use.peak = use.inUse
                use.invocations = 0
                use.spillovers = 0
            }
        }
        return peaks
    }
}

/// The most that ran at the same time.
public struct ConcurrencyPeaks: Sendable, Hashable {
    public struct Account: Sendable, Hashable {
        public var account: String
        public var region: String
        /// All invocations.
        public var running: Int
        /// On-demand ones of functions that have nothing reserved.
        public var unreserved: Int
        /// The same, and all that is reserved or provisioned.
        public var claimed: Int
    }

    public struct Function: Sendable, Hashable {
        public var name: FunctionName
        public var running: Int
    }

    /// The provisioned environments of a qualifier.
    public struct Provisioned: Sendable, Hashable {
        public var name: FunctionName
        public var qualifier: String
        public var requested: Int
        public var running: Int
        public var invocations: Int
        /// Invocations of the qualifier for which no provisioned environment was free.
        public var spillovers: Int
    }

    public var accounts: [Account] = []
    public var functions: [Function] = []
    public var provisioned: [Provisioned] = []

    public init() {}
}

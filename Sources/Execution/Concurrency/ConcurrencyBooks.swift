/// The books of all accounts' concurrency. A pure value; its owner guards it, and everything that it hands out, with one lock.
struct ConcurrencyBooks: ~Copyable, Sendable {
    private struct Scope: Hashable, Sendable {
        var account: String
        var region: String
    }

    private var accounts: [Scope: AccountConcurrency] = [:]
    private var functions: [FunctionName: FunctionConcurrency] = [:]
    private let limit: Int
    private var forgetsAbove = 64

    /// - Parameter limit: how many invocations an account may run at the same time in one region.
    init(limit: Int) { self.limit = limit }

    mutating func account(_ account: String, _ region: String) -> AccountConcurrency {
        let scope = Scope(account: account, region: region)
        if let known = accounts[scope] { return known }
        let new = AccountConcurrency(account: account, region: region, limit: limit)
        accounts[scope] = new
        return new
    }

    mutating func function(_ name: FunctionName) -> FunctionConcurrency {
        if let known = functions[name] { return known }
        let new = FunctionConcurrency(name, of: account(name.account, name.region))
        functions[name] = new
        return new
    }

    func existing(_ name: FunctionName) -> FunctionConcurrency? { functions[name] }

    func existing(account: String, region: String) -> AccountConcurrency? {
        accounts[Scope(account: account, region: region)]
    }

    var allAccounts: [AccountConcurrency] { Array(accounts.values) }
    var allFunctions: [FunctionConcurrency] { Array(functions.values) }

    /// Forgets functions that run nothing and are not limited otherwise than by default, now and then.
    mutating func tidy(at now: Duration) {
        guard functions.count > forgetsAbove else { return }
        functions = functions.filter { !$0.value.isForgettable(at: now) }
        forgetsAbove = max(64, 2 * functions.count)
    }
}

/// What one account runs in one region. Guarded as ``ConcurrencyBooks`` are.
@usableFromInline
final class AccountConcurrency: @unchecked Sendable {
    let account: String
    let region: String
    /// All invocations, whatever their function.
    let limit: Int
    /// Reserved for functions.
    var reserved = 0
    /// Provisioned for functions that have nothing reserved.
    var provisioned = 0
    /// All invocations, and the most since they were last asked for.
    @usableFromInline var running = 0
    @usableFromInline var peak = 0
    /// On-demand invocations of functions that have nothing reserved.
    @usableFromInline var unreserved = 0
    @usableFromInline var unreservedPeak = 0
    @usableFromInline var unreservedLimit: Int

    init(account: String, region: String, limit: Int) {
        self.account = account
        self.region = region
        self.limit = limit
        unreservedLimit = limit
    }
}

/// A function, with all its versions.
public struct FunctionName: Sendable, Hashable {
    public var account: String
    public var region: String
    public var name: String

    public init(account: String, region: String, name: String) {
        self.account = account
        self.region = region
        self.name = name
    }

    init(_ key: FunctionKey) { self.init(account: key.account, region: key.region, name: key.name) }
}

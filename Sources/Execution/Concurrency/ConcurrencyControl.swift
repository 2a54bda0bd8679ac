/// What Lambda's API tells the data plane of functions' concurrency, and asks of it.
public protocol ConcurrencyControl: Sendable {
    /// Sets how many invocations of a function may run at the same time, and are kept free for it; nil: it shares what is unreserved.
    func reserve(_ function: FunctionName, executions: Int?)
    /// Says which environments of a function are to be kept initialised. It replaces what was said before: what is not named any
    /// more is ended.
    func provision(_ function: FunctionName, _ configurations: [ProvisionedConfiguration])
    /// How far that is; nil: the qualifier was not named.
    func provisioned(_ function: FunctionName, qualifier: String) -> ProvisionedState?
}

/// How many environments a qualifier has, and of which versions.
public struct ProvisionedConfiguration: Sendable {
    /// A version's number or an alias's name.
    public var qualifier: String
    public var targets: [Target]

    /// Some of the environments: a weighted alias has two versions.
    public struct Target: Sendable {
        /// Its ``FunctionVersion/provisioning`` is the qualifier.
        public var function: FunctionVersion
        public var count: Int

        public init(function: FunctionVersion, count: Int) {
            self.function = function
            self.count = count
        }
    }

    public init(qualifier: String, targets: [Target]) {
        self.qualifier = qualifier
        self.targets = targets
    }

    /// All versions' together.
    public var requested: Int { targets.reduce(0) { $0 + $1.count } }

    /// Divides `count` environments between an alias's versions by their weights; the first gets what rounding leaves.
    public static func shares(_ count: Int, secondWeight: Double) -> (first: Int, second: Int) {
        let second = min(count, max(0, Int((Double(count) * secondWeight).rounded())))
        return (count - second, second)
    }
}

/// How far the environments of a qualifier are.
public struct ProvisionedState: Sendable, Hashable {
    public enum Status: String, Sendable {
        case inProgress = "IN_PROGRESS"
        case ready = "READY"
        case failed = "FAILED"
    }

    public var requested: Int
    /// Environments that belong to it.
    public var allocated: Int
    /// Of those, the ones that are initialised.
    public var available: Int
    public var status: Status
    /// Why it failed.
    public var reason: String?

    public init(requested: Int, allocated: Int, available: Int, status: Status, reason: String? = nil) {
        self.requested = requested
        self.allocated = allocated
        self.available = available
        self.status = status
        self.reason = reason
    }
}

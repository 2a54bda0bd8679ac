/// How a ``LambdaService`` behaves where installations differ.
public struct LambdaConfiguration: Sendable {
    /// The folder under which `code/` holds the unpacked packages.
    public var dataFolder: String
    /// Whether an execution role must exist, in the function's own account. AWS insists; where any key may do anything
    /// (`--auth open`), names of roles that nobody created are accepted.
    public var requiresExistingRole: Bool
    /// Whether unpacked packages are flushed to the disk before they are used.
    public var isDurable: Bool
    /// Whether functions may be created with runtimes that AWS has retired, such as `provided`.
    public var acceptsDeprecatedRuntimes: Bool
    /// For how long a new function is `Pending`, and an updated one `InProgress`.
    public var settlingTime: Duration
    /// How long the package of a deleted function is kept: environments that still run may need it.
    public var codeGrace: Duration
    /// How many invocations of one account may run at the same time in one region.
    public var concurrentExecutions: Int
    /// The folders of the host below which a function's code may be a folder, as canonical paths.
    public var localCodeFolders: [String]

    public init(
        dataFolder: String, requiresExistingRole: Bool = false, isDurable: Bool = true,
        acceptsDeprecatedRuntimes: Bool = false, settlingTime: Duration = .milliseconds(100),
        codeGrace: Duration = .seconds(1000), concurrentExecutions: Int = 1000,
        localCodeFolders: [String] = []
    ) {
        self.dataFolder = dataFolder
        self.requiresExistingRole = requiresExistingRole
        self.isDurable = isDurable
        self.acceptsDeprecatedRuntimes = acceptsDeprecatedRuntimes
        self.settlingTime = settlingTime
        self.codeGrace = codeGrace
        self.concurrentExecutions = concurrentExecutions
        self.localCodeFolders = localCodeFolders
    }
}

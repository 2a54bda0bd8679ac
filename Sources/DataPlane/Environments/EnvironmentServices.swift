public import Execution
public import Sandbox
public import ServiceKit

/// What environments need from the rest of the platform.
public struct EnvironmentServices: Sendable {
    public var sandboxes: any SandboxProvider
    public var runtimes: any RuntimeLocator
    public var credentials: any RoleCredentialIssuer
    public var roles: any RoleDirectory
    public var logs: any LogSink
    public var endpoint: any FunctionEndpoint
    public var time: any TimeSource

    public init(
        sandboxes: any SandboxProvider, runtimes: any RuntimeLocator, credentials: any RoleCredentialIssuer,
        roles: any RoleDirectory, logs: any LogSink, endpoint: any FunctionEndpoint, time: any TimeSource
    ) {
        self.sandboxes = sandboxes
        self.runtimes = runtimes
        self.credentials = credentials
        self.roles = roles
        self.logs = logs
        self.endpoint = endpoint
        self.time = time
    }
}

/// Serves the AWS APIs to the code in a sandbox, as the function's role whatever key it sends.
public protocol FunctionEndpoint: Sendable {
    /// The TCP ports inside the sandbox, each once; the first is the one that `AWS_ENDPOINT_URL` names.
    var ports: [Int] { get }
    /// Takes ownership of listening sockets and serves them, when somebody calls.
    /// - Returns: what ends that.
    func serve(listeningSockets: [Int32], account: String, region: String, principal: Principal) -> @Sendable () -> Void
}

/// Finds what runs a runtime identifier on this machine.
public protocol RuntimeLocator: Sendable {
    /// - Throws: ``RuntimeMissing`` if nothing here runs it.
    func locate(_ function: FunctionVersion) async throws -> LocatedRuntime
}

/// How to start a runtime in a sandbox.
public struct LocatedRuntime: Sendable {
    /// Program and arguments, as seen inside.
    public var command: [String]
    public var binds: [SandboxConfiguration.Bind]
    /// Variables that the interpreter needs.
    public var environment: [String: String]
    /// Whether it is one of AWS's managed languages, not `provided…`.
    public var managed: Bool
    /// What it is, such as `python:3.12.1`.
    public var version: String
    /// What the function's log should say about it, such as that a neighbouring version is used.
    public var warning: String?

    public init(
        command: [String], binds: [SandboxConfiguration.Bind], environment: [String: String], managed: Bool,
        version: String,
        warning: String? = nil
    ) {
        self.command = command
        self.binds = binds
        self.environment = environment
        self.managed = managed
        self.version = version
        self.warning = warning
    }
}

/// No interpreter on this machine runs the function.
public struct RuntimeMissing: Error, Sendable {
    /// What is missing and what to do.
    public var message: String
    public init(_ message: String) { self.message = message }
}

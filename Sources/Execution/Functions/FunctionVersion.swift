/// Everything that the data plane needs to know of one version of a function. Immutable: a change makes a new value with a
/// new ``revision``, and environments of the old one are never used again.
public struct FunctionVersion: Sendable, Hashable {
    public var account: String
    public var region: String
    public var name: String
    /// `$LATEST` or a number.
    public var version: String
    /// Changes whenever code or configuration changes.
    public var revision: String
    /// The identifier such as `python3.12`.
    public var runtime: String
    /// `x86_64` or `arm64`.
    public var architecture: String
    public var handler: String
    /// The execution role's ARN.
    public var role: String
    /// In MiB.
    public var memory: Int
    /// In seconds.
    public var timeout: Int
    /// Size of /tmp in MiB.
    public var ephemeralStorage: Int
    /// The user's own environment variables, decrypted.
    public var environment: [String: String]
    /// The folder with the extracted code.
    public var codeFolder: String
    /// The folder with the function's layers, one over the other; nil: it has none.
    public var layersFolder: String?
    public var logGroup: String
    public var logFormat: LogFormat
    /// Of JSON format: `TRACE` … `FATAL`.
    public var applicationLogLevel: String?
    /// Of JSON format: `DEBUG`, `INFO`, `WARN`.
    public var systemLogLevel: String?
    /// X-Ray mode `Active`, not `PassThrough`.
    public var activeTracing: Bool
    /// The qualifier (a version or an alias) whose provisioned environments an invocation may use; of an environment: which it is
    /// one of. nil: on demand.
    public var provisioning: String?

    public enum LogFormat: String, Sendable { case text = "Text", json = "JSON" }

    public init(
        account: String, region: String, name: String, version: String, revision: String, runtime: String,
        architecture: String, handler: String, role: String, memory: Int, timeout: Int, ephemeralStorage: Int,
        environment: [String: String], codeFolder: String, layersFolder: String? = nil, logGroup: String,
        logFormat: LogFormat = .text,
        applicationLogLevel: String? = nil, systemLogLevel: String? = nil, activeTracing: Bool = false
    ) {
        self.account = account
        self.region = region
        self.name = name
        self.version = version
        self.revision = revision
        self.runtime = runtime
        self.architecture = architecture
        self.handler = handler
        self.role = role
        self.memory = memory
        self.timeout = timeout
        self.ephemeralStorage = ephemeralStorage
        self.environment = environment
        self.codeFolder = codeFolder
        self.layersFolder = layersFolder
        self.logGroup = logGroup
        self.logFormat = logFormat
        self.applicationLogLevel = applicationLogLevel
        self.systemLogLevel = systemLogLevel
        self.activeTracing = activeTracing
    }

    /// The same, to be run on demand.
    public var onDemand: FunctionVersion {
        var function = self
        function.provisioning = nil
        return function
    }

    /// How its environments are initialised.
    public var initializationType: InitializationType { provisioning == nil ? .onDemand : .provisioned }

    /// The ARN without a qualifier.
    public var unqualifiedARN: String { "arn:aws:lambda:\(region):\(account):function:\(name)" }
}

/// When an environment is initialised: `AWS_LAMBDA_INITIALIZATION_TYPE`.
public enum InitializationType: String, Sendable {
    case onDemand = "on-demand"
    case provisioned = "provisioned-concurrency"
}

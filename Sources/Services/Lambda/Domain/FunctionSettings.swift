/// A function's configuration, apart from its code. Defaults are AWS's.
struct FunctionSettings: Sendable, Hashable {
    var runtime: String
    var handler: String
    /// The execution role's ARN.
    var role: String
    var description = ""
    /// In MB.
    var memory = 128
    /// In seconds.
    var timeout = 3
    /// Size of /tmp in MB.
    var ephemeralStorage = 512
    /// `x86_64` or `arm64`.
    var architecture = "x86_64"
    /// Nil if none was ever given, which answers show.
    var environment: [String: String]?
    /// X-Ray: whether each invocation is traced, not only those whose caller asks for it.
    var activeTracing = false
    var logging = LoggingSettings()
    var layers = AttachedLayers()
    /// Nil if none was ever given, which answers show.
    var vpc: VPCSettings?
    var fileSystems: [FileSystemMount] = []
    /// Of the key that the environment variables are encrypted with; nil: a key of the installation's own.
    var kmsKey: String?
    /// The ARN of the queue or topic for events of asynchronous invocations that failed.
    var deadLetterTarget: String?
    /// The folder of the host that is the code, as it was named; nil: the code is a package.
    var localFolder: String?
    /// Whether SnapStart applies to published versions.
    var hasSnapStart = false

    /// Checks what the model's constraints do not say.
    /// - Throws: AWS's errors.
    func validate() throws {
        if memory > LambdaLimits.memory {
            throw LambdaFailures.invalidParameter(
                "'MemorySize' value failed to satisfy constraint: "
                    + "Member must have value less than or equal to \(LambdaLimits.memory)")
        }
        if timeout > LambdaLimits.timeout {
            throw LambdaFailures.constraint(
                value: String(timeout), member: "timeout",
                "Member must have value less than or equal to \(LambdaLimits.timeout)")
        }
        if let environment { try EnvironmentVariables.validate(environment) }
        try SnapStartRules.validate(self)
    }
}

/// Where and how a function's log is written.
struct LoggingSettings: Sendable, Hashable {
    /// Nil: `/aws/lambda/<name>`.
    var group: String?
    var isJSON = false
    /// Of JSON format: `TRACE` … `FATAL`.
    var applicationLevel: String?
    /// Of JSON format: `DEBUG`, `INFO`, `WARN`.
    var systemLevel: String?

    /// These settings with what an update names changed. Levels exist in JSON format only, where they are `INFO` unless
    /// said.
    /// - Throws: AWS's error for a level in text format.
    func updated(format: String?, applicationLevel: String?, systemLevel: String?, group: String?) throws
        -> LoggingSettings
    {
        var settings = self
        if let format { settings.isJSON = format == "JSON" }
        if let group { settings.group = group }
        if settings.isJSON {
            settings.applicationLevel = applicationLevel ?? self.applicationLevel ?? "INFO"
            settings.systemLevel = systemLevel ?? self.systemLevel ?? "INFO"
        } else {
            if applicationLevel != nil || systemLevel != nil {
                throw LambdaFailures.invalidParameter(
                    "LogLevel is not supported when LogFormat is set to \"Text\". "
                        + "Remove LogLevel from your request or change the LogFormat to \"JSON\" and try again.")
            }
            settings.applicationLevel = nil
            settings.systemLevel = nil
        }
        return settings
    }
}

extension FunctionSettings {
    /// The settings of a new function.
    /// - Throws: AWS's errors.
    init(creating input: CreateFunctionRequest) throws {
        guard let runtime = input.runtime, let handler = input.handler else {
            throw LambdaFailures.invalidParameter(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages.")
        }
        self.init(runtime: runtime, handler: handler, role: input.role)
        description = input.description ?? description
        memory = input.memorySize ?? memory
        timeout = input.timeout ?? timeout
        ephemeralStorage = input.ephemeralStorage?.size ?? ephemeralStorage
        architecture = input.architectures?.first ?? architecture
        environment = input.environment.map { $0.variables ?? [:] }
        activeTracing = input.tracingConfig?.mode == "Active"
        logging = try logging.updated(input.loggingConfig)
        try takeAttachments(
            vpc: input.vpcConfig, fileSystems: input.fileSystemConfigs, kmsKey: input.kmsKeyArn,
            deadLetter: input.deadLetterConfig, snapStart: input.snapStart)
        try validate()
    }

    /// These settings with what an update names changed.
    /// - Throws: AWS's errors.
    func updated(_ input: UpdateFunctionConfigurationRequest) throws -> FunctionSettings {
        var settings = self
        settings.runtime = input.runtime ?? runtime
        settings.handler = input.handler ?? handler
        settings.role = input.role ?? role
        settings.description = input.description ?? description
        settings.memory = input.memorySize ?? memory
        settings.timeout = input.timeout ?? timeout
        settings.ephemeralStorage = input.ephemeralStorage?.size ?? ephemeralStorage
        if let environment = input.environment { settings.environment = environment.variables ?? [:] }
        if let mode = input.tracingConfig?.mode { settings.activeTracing = mode == "Active" }
        settings.logging = try logging.updated(input.loggingConfig)
        try settings.takeAttachments(
            vpc: input.vpcConfig, fileSystems: input.fileSystemConfigs, kmsKey: input.kmsKeyArn,
            deadLetter: input.deadLetterConfig, snapStart: input.snapStart)
        try settings.validate()
        return settings
    }

    /// Takes over what a request says of things outside the function; what is empty removes them.
    private mutating func takeAttachments(
        vpc input: VpcConfig?, fileSystems: [FileSystemConfig]?, kmsKey: String?, deadLetter: DeadLetterConfig?,
        snapStart: SnapStart?
    ) throws {
        let before = vpc
        vpc = try VPCSettings.updated(vpc, input)
        if let fileSystems {
            self.fileSystems = fileSystems.map { FileSystemMount(arn: $0.arn, path: $0.localMountPath) }
        }
        try FileSystemMount.validate(self.fileSystems, vpc: vpc, before: before)
        if let kmsKey { self.kmsKey = kmsKey.isEmpty ? nil : kmsKey }
        // A configuration without a target changes nothing, as AWS's recorded answers show; one with an empty target removes it.
        if let target = deadLetter?.targetArn { deadLetterTarget = target.isEmpty ? nil : target }
        if let applyOn = snapStart?.applyOn { hasSnapStart = applyOn == "PublishedVersions" }
    }
}

extension LoggingSettings {
    fileprivate func updated(_ input: LoggingConfig?) throws -> LoggingSettings {
        guard let input else { return self }
        return try updated(
            format: input.logFormat, applicationLevel: input.applicationLogLevel, systemLevel: input.systemLogLevel,
            group: input.logGroup)
    }
}

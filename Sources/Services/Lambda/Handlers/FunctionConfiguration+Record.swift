import Execution
import Foundation
import ServiceModel

extension FunctionConfiguration {
    /// A version as lists show it: without its state.
    init(_ version: VersionRecord, arn: String) {
        let settings = version.settings
        self.init(
            functionName: version.key.name, functionArn: arn, runtime: settings.runtime, role: settings.role,
            handler: settings.handler, codeSize: version.codeSize, description: settings.description,
            timeout: settings.timeout, memorySize: settings.memory, lastModified: version.lastModified.lambdaText,
            codeSha256: version.codeSha256, version: version.version,
            vpcConfig: settings.vpc.map {
                // Which network the subnets are in is not known here.
                VpcConfigResponse(
                    subnetIds: $0.subnetIDs, securityGroupIds: $0.securityGroupIDs, vpcId: "",
                    ipv6AllowedForDualStack: $0.allowsIPv6)
            },
            deadLetterConfig: settings.deadLetterTarget.map { DeadLetterConfig(targetArn: $0) },
            environment: settings.environment.map { EnvironmentResponse(variables: $0) },
            kmsKeyArn: settings.kmsKey,
            tracingConfig: TracingConfigResponse(mode: settings.activeTracing ? "Active" : "PassThrough"),
            revisionId: version.revisionID,
            layers: settings.layers.list.isEmpty
                ? nil : settings.layers.list.map { Layer(arn: $0.arn, codeSize: $0.codeSize) },
            fileSystemConfigs: settings.fileSystems.isEmpty
                ? nil : settings.fileSystems.map { FileSystemConfig(arn: $0.arn, localMountPath: $0.path) },
            packageType: "Zip", architectures: [settings.architecture],
            ephemeralStorage: EphemeralStorage(size: settings.ephemeralStorage),
            snapStart: SnapStartResponse(
                applyOn: settings.hasSnapStart ? "PublishedVersions" : "None",
                optimizationStatus: settings.hasSnapStart && version.version != latestVersion ? "On" : "Off"),
            loggingConfig: LoggingConfig(
                logFormat: settings.logging.isJSON ? "JSON" : "Text",
                applicationLogLevel: settings.logging.applicationLevel, systemLogLevel: settings.logging.systemLevel,
                logGroup: version.logGroup))
    }

    /// A version with its state.
    init(_ version: VersionRecord, arn: String, state: SettlingFunctions.State) {
        self.init(version, arn: arn)
        runtimeVersionConfig = RuntimeVersionConfig(
            runtimeVersionArn: RuntimeVersionARN.make(version.settings.runtime, region: version.key.region))
        if state != .settled { revisionId = version.pendingRevisionID }
        switch state {
        case .settled:
            self.state = "Active"
            lastUpdateStatus = "Successful"
        case .creating:
            self.state = "Pending"
            stateReason = "The function is being created."
            stateReasonCode = "Creating"
        case .updating:
            self.state = "Active"
            lastUpdateStatus = "InProgress"
            lastUpdateStatusReason = "The function is being created."
            lastUpdateStatusReasonCode = "Creating"
        }
    }
}

extension VersionRecord {
    /// The package's SHA-256 as Lambda shows it, in base64.
    var codeSha256: String { Data(Hexadecimal.decode(codeDigest) ?? []).base64EncodedString() }
}

extension AliasConfiguration {
    init(_ alias: AliasRecord) {
        self.init(
            aliasArn: alias.arn, name: alias.name, functionVersion: alias.version, description: alias.description,
            routingConfig: alias.routing.map {
                AliasRoutingConfiguration(additionalVersionWeights: [$0.version: $0.weight])
            },
            revisionId: alias.revisionID)
    }
}

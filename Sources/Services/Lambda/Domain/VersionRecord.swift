import Execution
import ServiceModel

/// One version of a function as it is stored.
struct VersionRecord: Sendable, Hashable {
    var key: FunctionKey
    /// `$LATEST` or a number.
    var version: String
    var settings: FunctionSettings
    /// The package's SHA-256, in lower-case hexadecimal.
    var codeDigest: String
    /// The package's size as uploaded, in bytes.
    var codeSize: Int64
    var lastModified: Timestamp
    /// Shown once the version has settled. Changes with every change of anything.
    var revisionID: String
    /// Shown until then: AWS changes the id when the state changes.
    var pendingRevisionID: String
    /// Changes with code or configuration: what execution environments are kept by.
    var generation: String
    /// Of a published version: the generation of `$LATEST` that it was made from.
    var publishedFrom: String?
    /// Of a published version: the description that `$LATEST` had.
    var sourceDescription: String?
    /// Not stored. Of a version that is to be invoked: the qualifier whose provisioned environments it may use.
    var provisioning: String?

    var arn: String { key.arn(version) }

    /// Everything that must stay on the disk for this version.
    var keptDigests: Set<String> { settings.layers.keptDigests.union([codeDigest]) }

    /// Whether publishing `latest` again would make the same version as this.
    func wasPublished(from latest: VersionRecord) -> Bool {
        if publishedFrom == latest.generation { return true }
        var own = settings
        own.description = sourceDescription ?? own.description
        return own == latest.settings && codeDigest == latest.codeDigest
    }

    /// What the data plane needs to know.
    func execution(codeFolder: String, layersFolder: String? = nil) -> FunctionVersion {
        var function = FunctionVersion(
            account: key.account, region: key.region, name: key.name, version: version, revision: generation,
            runtime: settings.runtime, architecture: settings.architecture, handler: settings.handler,
            role: settings.role, memory: settings.memory, timeout: settings.timeout,
            ephemeralStorage: settings.ephemeralStorage, environment: settings.environment ?? [:],
            codeFolder: codeFolder, layersFolder: layersFolder, logGroup: logGroup,
            logFormat: settings.logging.isJSON ? .json : .text,
            applicationLogLevel: settings.logging.applicationLevel, systemLogLevel: settings.logging.systemLevel,
            activeTracing: settings.activeTracing)
        function.provisioning = provisioning
        return function
    }

    var logGroup: String { settings.logging.group ?? "/aws/lambda/\(key.name)" }
}

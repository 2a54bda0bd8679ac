import Execution
import Logging

/// What the data plane is told of provisioned concurrency, and says of it.
extension LambdaService {
    /// Says which environments a function's provisioned concurrency needs; nil: the function is gone.
    func provision(_ key: FunctionKey, _ function: FunctionRecord?) async {
        let records = function.map { Array($0.provisioned.values) } ?? []
        guard provisioning.noteKey(key, isProvisioned: !records.isEmpty) else { return }
        var configurations: [ProvisionedConfiguration] = []
        for record in records {
            guard let function else { continue }
            do {
                configurations.append(
                    ProvisionedConfiguration(
                        qualifier: record.qualifier, targets: try await targets(record, of: function)))
            } catch {
                logger.error(
                    "An environment cannot be provisioned.", metadata: ["arn": "\(record.arn)", "error": "\(error)"])
            }
        }
        concurrency?.provision(FunctionName(key), configurations)
    }

    /// The versions behind a qualifier, and how many environments each has.
    private func targets(_ record: ProvisionedRecord, of function: FunctionRecord) async throws
        -> [ProvisionedConfiguration.Target]
    {
        var shares = [(record.qualifier, record.requested)]
        if let alias = function.aliases[record.qualifier] {
            shares = [(alias.version, record.requested)]
            if let routing = alias.routing {
                let (first, second) = ProvisionedConfiguration.shares(
                    record.requested, secondWeight: routing.weight)
                shares = [(alias.version, first), (routing.version, second)]
            }
        }
        var targets: [ProvisionedConfiguration.Target] = []
        for (name, count) in shares where count > 0 {
            guard var version = function.versions[name], version.missingNeed == nil else { continue }
            version.provisioning = record.qualifier
            let digests = version.settings.layers.digests
            let layers = digests.isEmpty ? nil : try await layerFolders.folder(digests)
            let executable = version.execution(
                codeFolder: try await packages.folder(version.codeDigest), layersFolder: layers)
            targets.append(ProvisionedConfiguration.Target(function: executable, count: count))
        }
        return targets
    }

    /// The environments that there are for a qualifier.
    func environments(_ key: FunctionKey, _ qualifier: String) -> ProvisionedState? {
        concurrency?.provisioned(FunctionName(key), qualifier: qualifier)
    }

    /// What clients see of a configuration.
    func state(of record: ProvisionedRecord) -> ProvisionedState {
        if let (allocated, available) = provisioning.settling(record.key, record.qualifier) {
            return ProvisionedState(
                requested: record.requested, allocated: min(record.requested, allocated),
                available: min(record.requested, available), status: .inProgress)
        }
        var state =
            environments(record.key, record.qualifier)
            ?? ProvisionedState(requested: record.requested, allocated: 0, available: 0, status: .inProgress)
        state.requested = record.requested
        return state
    }
}

extension FunctionName {
    init(_ key: FunctionKey) { self.init(account: key.account, region: key.region, name: key.name) }
}

import Execution
public import ServiceKit

/// Provisioned concurrency: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
extension LambdaService {
    public func putProvisionedConcurrencyConfig(
        _ input: PutProvisionedConcurrencyConfigRequest, _ call: Call
    ) async throws -> PutProvisionedConcurrencyConfigResponse {
        let target = try FunctionTarget(input.functionName, qualifier: input.qualifier, in: call)
        let key = target.key
        let qualifier = target.qualifier ?? input.qualifier
        guard qualifier != latestVersion else { throw ProvisionedFailures.unpublished }
        let record = ProvisionedRecord(
            key: key, qualifier: qualifier, requested: input.provisionedConcurrentExecutions, lastModified: time.now)
        let limit = configuration.concurrentExecutions
        return try await change(key) {
            try await self.store.write { transaction in
                try Self.requireProvisionable(transaction, key, qualifier)
                let others = try transaction.provisioned(key).reduce(0) {
                    $1.qualifier == qualifier ? $0 : $0 + $1.requested
                }
                try transaction.concurrencyQuota(for: key, limit: limit).checkProvision(
                    record.requested, others: others, reserved: try transaction.reservedConcurrency(key))
                try transaction.save(record)
            }
            self.provisioning.begin(key, qualifier, self.environments(key, qualifier))
            try await self.reload(key)
            let state = self.state(of: record)
            return PutProvisionedConcurrencyConfigResponse(
                requestedProvisionedConcurrentExecutions: state.requested,
                availableProvisionedConcurrentExecutions: state.available,
                allocatedProvisionedConcurrentExecutions: state.allocated,
                status: ProvisionedState.Status.inProgress.rawValue, lastModified: record.lastModified.secondsText)
        }
    }

    public func getProvisionedConcurrencyConfig(
        _ input: GetProvisionedConcurrencyConfigRequest, _ call: Call
    ) async throws -> GetProvisionedConcurrencyConfigResponse {
        let target = try Self.provisionedTarget(input.functionName, input.qualifier, call)
        let record = try await store.read { transaction in
            try Self.requireQualifier(transaction, target.key, target.qualifier)
            return try transaction.provisioned(target.key, target.qualifier)
        }
        guard let record else { throw ProvisionedFailures.notFound }
        let state = state(of: record)
        return GetProvisionedConcurrencyConfigResponse(
            requestedProvisionedConcurrentExecutions: state.requested,
            availableProvisionedConcurrentExecutions: state.available,
            allocatedProvisionedConcurrentExecutions: state.allocated, status: state.status.rawValue,
            statusReason: state.reason, lastModified: record.lastModified.secondsText)
    }

    public func listProvisionedConcurrencyConfigs(
        _ input: ListProvisionedConcurrencyConfigsRequest, _ call: Call
    ) async throws -> ListProvisionedConcurrencyConfigsResponse {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        let size = PageMarker.size(input.maxItems)
        let after = try PageMarker.decode(input.marker, of: call, count: 1)?[0]
        let records = try await store.read { transaction in
            guard try transaction.exists(key) else { throw LambdaFailures.functionNotFound(key.arn) }
            return try transaction.provisioned(key, after: after, limit: size + 1)
        }
        let page = Page(found: records, size: size, scope: call.operation) { [$0.qualifier] }
        return ListProvisionedConcurrencyConfigsResponse(
            provisionedConcurrencyConfigs: page.items.map { record in
                let state = state(of: record)
                return ProvisionedConcurrencyConfigListItem(
                    functionArn: record.arn, requestedProvisionedConcurrentExecutions: state.requested,
                    availableProvisionedConcurrentExecutions: state.available,
                    allocatedProvisionedConcurrentExecutions: state.allocated, status: state.status.rawValue,
                    statusReason: state.reason, lastModified: record.lastModified.secondsText)
            },
            nextMarker: page.next)
    }

    /// As on AWS, no error if there is no such configuration.
    public func deleteProvisionedConcurrencyConfig(
        _ input: DeleteProvisionedConcurrencyConfigRequest, _ call: Call
    ) async throws {
        let target = try Self.provisionedTarget(input.functionName, input.qualifier, call)
        try await change(target.key) {
            let existed = try await self.store.write { transaction in
                try Self.requireQualifier(transaction, target.key, target.qualifier)
                return try transaction.deleteProvisioned(target.key, target.qualifier)
            }
            if existed { try await self.reload(target.key) }
        }
    }

    // MARK: What can be provisioned

    private static func provisionedTarget(_ name: String, _ qualifier: String, _ call: Call) throws
        -> (key: FunctionKey, qualifier: String)
    {
        let target = try FunctionTarget(name, qualifier: qualifier, in: call)
        guard qualifier != latestVersion else { throw ProvisionedFailures.unqualified }
        return (target.key, qualifier)
    }

    /// - Throws: AWS's errors for a version or an alias that does not exist.
    private static func requireQualifier(_ transaction: LambdaTransaction, _ key: FunctionKey, _ qualifier: String)
        throws
    {
        if FunctionReference.isVersionNumber(qualifier) {
            guard try transaction.version(key, qualifier) != nil else {
                throw LambdaFailures.functionNotFound(key.arn(qualifier))
            }
        } else if try transaction.alias(key, qualifier) == nil {
            throw LambdaFailures.notFound("Cannot find alias arn: \(key.arn(qualifier))")
        }
    }

    /// - Throws: AWS's errors, also for a version that is provisioned by another name.
    private static func requireProvisionable(_ transaction: LambdaTransaction, _ key: FunctionKey, _ qualifier: String)
        throws
    {
        try requireQualifier(transaction, key, qualifier)
        if let alias = try transaction.alias(key, qualifier) { return try requireProvisionable(transaction, alias) }
        try refuseUnfit(transaction, key, qualifier)
        for alias in try transaction.aliases(key, version: qualifier, after: nil, limit: .max)
        where try transaction.provisioned(key, alias.name) != nil {
            throw LambdaFailures.conflict("Version is pointed by a Provisioned Concurrency alias")
        }
    }

    /// A version whose environments are not made this way, or cannot be made.
    private static func refuseUnfit(_ transaction: LambdaTransaction, _ key: FunctionKey, _ version: String) throws {
        guard let found = try transaction.version(key, version) else { return }
        if found.settings.hasSnapStart { throw SnapStartRules.unsupported("Provisioned Concurrency") }
        if let missing = found.missingNeed { throw LambdaFailures.invalidParameter(missing.message) }
    }

    /// - Throws: AWS's errors for an alias whose versions cannot be provisioned through it.
    static func requireProvisionable(_ transaction: LambdaTransaction, _ alias: AliasRecord) throws {
        for version in [alias.version, alias.routing?.version].compactMap(\.self) {
            guard version != latestVersion else { throw ProvisionedFailures.unpublished }
            try refuseUnfit(transaction, alias.key, version)
            if try transaction.provisioned(alias.key, version) != nil {
                throw LambdaFailures.conflict(
                    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version")
            }
        }
    }
}

private enum ProvisionedFailures {
    static let unpublished = LambdaFailures.invalidParameter(
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
    static let unqualified = LambdaFailures.invalidParameter(
        "The function resource provided must be an alias or a published version.")
    static let notFound = LambdaError.provisionedConcurrencyConfigNotFoundException(
        "No Provisioned Concurrency Config found for this function")
}

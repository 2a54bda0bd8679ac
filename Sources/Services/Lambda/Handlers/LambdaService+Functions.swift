import Execution
public import ServiceKit

extension LambdaService {
    public func getFunction(_ input: GetFunctionRequest, _ call: Call) async throws -> GetFunctionResponse {
        let target = try FunctionTarget(input.functionName, qualifier: input.qualifier, in: call)
        let (version, tags, reserved) = try await resolve(target)
        return GetFunctionResponse(
            configuration: FunctionConfiguration(
                version, arn: target.arn, state: settling.state(target.key, version.version)),
            code: version.settings.localFolder.map { FunctionCodeLocation(location: LocalCodeRules.location($0)) }
                ?? FunctionCodeLocation(
                    repositoryType: "S3",
                    location: downloads.location(version.codeDigest, origin: call.endpoint)),
            tags: tags.isEmpty ? nil : tags,
            concurrency: reserved.map { Concurrency(reservedConcurrentExecutions: $0) })
    }

    public func getFunctionConfiguration(
        _ input: GetFunctionConfigurationRequest, _ call: Call
    ) async throws -> FunctionConfiguration {
        let target = try FunctionTarget(input.functionName, qualifier: input.qualifier, in: call)
        let version = try await resolve(target).version
        return FunctionConfiguration(version, arn: target.arn, state: settling.state(target.key, version.version))
    }

    /// The version that is asked for, once it has settled, and the function's tags and reserved concurrency. Of a weighted alias,
    /// its first version.
    private func resolve(_ target: FunctionTarget) async throws
        -> (version: VersionRecord, tags: [String: String], reserved: Int?)
    {
        try await settling.wait(target.key)
        return try await store.read { transaction in
            var qualifier = target.qualifier ?? latestVersion
            if let alias = try transaction.alias(target.key, qualifier) { qualifier = alias.version }
            guard let version = try transaction.version(target.key, qualifier) else {
                throw LambdaFailures.functionNotFound(target.arn)
            }
            return (
                version, try transaction.tags(target.key) ?? [:], try transaction.reservedConcurrency(target.key)
            )
        }
    }

    public func deleteFunction(_ input: DeleteFunctionRequest, _ call: Call) async throws -> DeleteFunctionResponse {
        let target = try FunctionTarget(input.functionName, qualifier: input.qualifier, in: call)
        let key = target.key
        if let qualifier = target.qualifier {
            guard qualifier != latestVersion else {
                throw LambdaFailures.invalidParameter(
                    "$LATEST version cannot be deleted without deleting the function.")
            }
            guard FunctionReference.isVersionNumber(qualifier) else {
                throw LambdaFailures.invalidParameter("Deletion of aliases is not currently supported.")
            }
        }
        return try await change(key) {
            let deleted = try await self.store.write { transaction in
                try Self.delete(transaction, target)
            }
            self.settling.forget(key)
            try await self.reload(key)
            if target.qualifier == nil { self.runner.forget(key) }
            await self.invoker.retire(
                account: key.account, region: key.region, name: key.name, version: target.qualifier,
                exceptRevision: nil)
            self.collector.note(deleted.reduce(into: Set()) { $0.formUnion($1.keptDigests) })
            return DeleteFunctionResponse(statusCode: 204)
        }
    }

    /// - Returns: the versions that were deleted.
    private static func delete(_ transaction: LambdaTransaction, _ target: FunctionTarget) throws -> [VersionRecord] {
        let key = target.key
        guard let qualifier = target.qualifier else {
            let versions = try transaction.versions(key)
            guard !versions.isEmpty else { throw LambdaFailures.functionNotFound(key.arn) }
            try transaction.deleteFunction(key)
            try transaction.count(key, functions: -1, codeBytes: -versions.reduce(0) { $0 + $1.codeSize })
            return versions
        }
        guard let version = try transaction.version(key, qualifier) else {
            throw LambdaFailures.functionNotFound(target.arn)
        }
        let aliases = try transaction.aliases(key).filter { $0.refers(to: version.version) }
        guard aliases.isEmpty else {
            throw LambdaFailures.conflict(
                "Unable to delete version because the following aliases reference it: "
                    + "[\(aliases.map(\.name).joined(separator: ", "))]")
        }
        try transaction.delete(version)
        try transaction.deleteProvisioned(key, version.version)
        try transaction.setPolicy(key, version.version, nil)
        try transaction.deleteEventInvoke(key, version.version)
        try transaction.deleteRuntimeManagement(key, version.version)
        try transaction.count(key, functions: 0, codeBytes: -version.codeSize)
        return [version]
    }

    /// `MasterRegion` concerns Lambda@Edge's replicas, of which there are none: what is here has its master here.
    public func listFunctions(_ input: ListFunctionsRequest, _ call: Call) async throws -> ListFunctionsResponse {
        let size = PageMarker.size(input.maxItems)
        let (account, region) = (call.account, call.region)
        if let master = input.masterRegion {
            guard input.functionVersion == "ALL" else {
                throw LambdaFailures.invalidParameter(
                    "FunctionVersion must be set to ALL if MasterRegion is specified.")
            }
            guard master == "ALL" || master == region else { return ListFunctionsResponse(functions: []) }
        }
        if input.functionVersion == "ALL" {
            let after = try PageMarker.decode(input.marker, of: call, count: 2).map {
                ($0[0], try PageMarker.ordinal($0[1]))
            }
            let versions = try await store.read {
                try $0.allVersions(account: account, region: region, after: after, limit: size + 1)
            }
            let page = Page(found: versions, size: size, scope: call.operation) { [$0.key.name, $0.marker] }
            return ListFunctionsResponse(
                nextMarker: page.next,
                functions: page.items.map { FunctionConfiguration($0, arn: $0.arn) })
        }
        let after = try PageMarker.decode(input.marker, of: call, count: 1)?[0]
        let functions = try await store.read {
            try $0.functions(account: account, region: region, after: after, limit: size + 1)
        }
        let page = Page(found: functions, size: size, scope: call.operation) { [$0.key.name] }
        return ListFunctionsResponse(
            nextMarker: page.next,
            functions: page.items.map { FunctionConfiguration($0, arn: $0.key.arn) })
    }
}

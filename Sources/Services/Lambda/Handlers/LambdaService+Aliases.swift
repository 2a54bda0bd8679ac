public import ServiceKit

extension LambdaService {
    public func createAlias(_ input: CreateAliasRequest, _ call: Call) async throws -> AliasConfiguration {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        try Self.refuseLatestPublished(input.functionVersion, call)
        let routing = try AliasRouting.parse(
            input.routingConfig?.additionalVersionWeights ?? [:], primary: input.functionVersion)
        let alias = AliasRecord(
            key: key, name: input.name, version: input.functionVersion, description: input.description ?? "",
            routing: routing, revisionID: newID())
        return try await change(key) {
            try await self.store.write { transaction in
                try Self.requireVersions(transaction, alias)
                if try transaction.alias(key, alias.name) != nil {
                    throw LambdaFailures.conflict("Alias already exists: \(alias.arn)")
                }
                try transaction.save(alias)
            }
            try await self.reload(key)
            return AliasConfiguration(alias)
        }
    }

    public func updateAlias(_ input: UpdateAliasRequest, _ call: Call) async throws -> AliasConfiguration {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        try input.functionVersion.map { try Self.refuseLatestPublished($0, call) }
        let revision = newID()
        return try await change(key) {
            let alias = try await self.store.write { transaction in
                guard var alias = try transaction.alias(key, input.name) else {
                    throw LambdaFailures.notFound("Alias not found: \(key.arn(input.name))")
                }
                if let given = input.revisionId, given != alias.revisionID { throw LambdaFailures.revisionMismatch }
                alias.version = input.functionVersion ?? alias.version
                alias.description = input.description ?? alias.description
                let weights =
                    input.routingConfig.map { $0.additionalVersionWeights ?? [:] }
                    ?? alias.routing.map { [$0.version: $0.weight] } ?? [:]
                alias.routing = try AliasRouting.parse(weights, primary: alias.version)
                alias.revisionID = revision
                try Self.requireVersions(transaction, alias)
                if try transaction.provisioned(key, alias.name) != nil {
                    try Self.requireProvisionable(transaction, alias)
                }
                try transaction.save(alias)
                return alias
            }
            if let before = self.environments(key, alias.name) {
                self.provisioning.begin(key, alias.name, before)
            }
            try await self.reload(key)
            return AliasConfiguration(alias)
        }
    }

    public func getAlias(_ input: GetAliasRequest, _ call: Call) async throws -> AliasConfiguration {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        guard let alias = try await store.read({ try $0.alias(key, input.name) }) else {
            throw LambdaFailures.notFound("Cannot find alias arn: \(key.arn(input.name))")
        }
        return AliasConfiguration(alias)
    }

    /// As on AWS, no error if there is no such alias.
    public func deleteAlias(_ input: DeleteAliasRequest, _ call: Call) async throws {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        try await change(key) {
            let existed = try await self.store.write { transaction in
                try transaction.deleteProvisioned(key, input.name)
                try transaction.setPolicy(key, input.name, nil)
                try transaction.deleteEventInvoke(key, input.name)
                return try transaction.deleteAlias(key, input.name)
            }
            if existed { try await self.reload(key) }
        }
    }

    public func listAliases(_ input: ListAliasesRequest, _ call: Call) async throws -> ListAliasesResponse {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        let size = PageMarker.size(input.maxItems)
        let after = try PageMarker.decode(input.marker, of: call, count: 1)?[0]
        let aliases = try await store.read { transaction in
            guard try transaction.exists(key) else { throw LambdaFailures.functionNotFound(key.arn) }
            return try transaction.aliases(key, version: input.functionVersion, after: after, limit: size + 1)
        }
        let page = Page(found: aliases, size: size, scope: call.operation) { [$0.name] }
        return ListAliasesResponse(
            nextMarker: page.next,
            aliases: page.items.map { AliasConfiguration($0) })
    }

    private static func requireVersions(_ transaction: LambdaTransaction, _ alias: AliasRecord) throws {
        for version in [alias.version, alias.routing?.version].compactMap(\.self)
        where try transaction.version(alias.key, version) == nil {
            throw LambdaFailures.functionNotFound(alias.key.arn(version))
        }
    }

    /// `$LATEST.PUBLISHED` belongs to capacity providers.
    private static func refuseLatestPublished(_ version: String, _ call: Call) throws {
        try UnsupportedParameters(operation: call.operation).refuse(
            "FunctionVersion=$LATEST.PUBLISHED", if: version == "$LATEST.PUBLISHED")
    }
}

public import ServiceKit

/// Code signing configurations, and the functions that have them.
extension LambdaService {
    public func createCodeSigningConfig(
        _ input: CreateCodeSigningConfigRequest, _ call: Call
    ) async throws -> CreateCodeSigningConfigResponse {
        let tags = input.tags ?? [:]
        try FunctionTags.validate(tags)
        let record = CodeSigningRecord(
            key: .make(in: call), description: input.description ?? "",
            publishers: input.allowedPublishers.signingProfileVersionArns,
            policy: CodeSigningRecord.Policy(input.codeSigningPolicies) ?? .warn, lastModified: time.now)
        try await store.write { transaction in
            try transaction.save(record)
            try transaction.setTags(.codeSigning(record.key), tags)
        }
        return CreateCodeSigningConfigResponse(codeSigningConfig: CodeSigningConfig(record))
    }

    public func getCodeSigningConfig(
        _ input: GetCodeSigningConfigRequest, _ call: Call
    ) async throws -> GetCodeSigningConfigResponse {
        let key = try Self.codeSigning(input.codeSigningConfigArn, call)
        guard let record = try await store.read({ try $0.codeSigning(key) }) else {
            throw CodeSigningFailures.notFound(key.arn)
        }
        return GetCodeSigningConfigResponse(codeSigningConfig: CodeSigningConfig(record))
    }

    public func updateCodeSigningConfig(
        _ input: UpdateCodeSigningConfigRequest, _ call: Call
    ) async throws -> UpdateCodeSigningConfigResponse {
        let key = try Self.codeSigning(input.codeSigningConfigArn, call)
        let now = time.now
        let record = try await store.write { transaction in
            guard var record = try transaction.codeSigning(key) else { throw CodeSigningFailures.notFound(key.arn) }
            let before = record
            record.description = input.description ?? record.description
            record.publishers = input.allowedPublishers?.signingProfileVersionArns ?? record.publishers
            record.policy = CodeSigningRecord.Policy(input.codeSigningPolicies) ?? record.policy
            if record != before {
                record.lastModified = now
                try transaction.save(record)
            }
            return record
        }
        return UpdateCodeSigningConfigResponse(codeSigningConfig: CodeSigningConfig(record))
    }

    public func deleteCodeSigningConfig(
        _ input: DeleteCodeSigningConfigRequest, _ call: Call
    ) async throws -> DeleteCodeSigningConfigResponse {
        let key = try Self.codeSigning(input.codeSigningConfigArn, call)
        try await store.write { transaction in
            guard let record = try transaction.codeSigning(key) else { throw CodeSigningFailures.notFound(key.arn) }
            guard try transaction.functions(signedBy: key, after: nil, limit: 1).isEmpty else {
                throw CodeSigningFailures.inUse(key.arn)
            }
            try transaction.setTags(.codeSigning(key), [:])
            try transaction.delete(record)
        }
        return DeleteCodeSigningConfigResponse()
    }

    public func listCodeSigningConfigs(
        _ input: ListCodeSigningConfigsRequest, _ call: Call
    ) async throws -> ListCodeSigningConfigsResponse {
        let size = PageMarker.size(input.maxItems)
        let after = try PageMarker.decode(input.marker, of: call, count: 1)?[0]
        let (account, region) = (call.account, call.region)
        let records = try await store.read {
            try $0.codeSignings(account: account, region: region, after: after, limit: size + 1)
        }
        let page = Page(found: records, size: size, scope: call.operation) { [$0.key.id] }
        return ListCodeSigningConfigsResponse(
            nextMarker: page.next,
            codeSigningConfigs: page.items.map { CodeSigningConfig($0) })
    }

    public func listFunctionsByCodeSigningConfig(
        _ input: ListFunctionsByCodeSigningConfigRequest, _ call: Call
    ) async throws -> ListFunctionsByCodeSigningConfigResponse {
        let key = try Self.codeSigning(input.codeSigningConfigArn, call)
        let size = PageMarker.size(input.maxItems)
        let after = try PageMarker.decode(input.marker, of: call, count: 1)?[0]
        let names = try await store.read { transaction in
            guard try transaction.codeSigning(key) != nil else { throw CodeSigningFailures.notFound(key.arn) }
            return try transaction.functions(signedBy: key, after: after, limit: size + 1)
        }
        let page = Page(found: names, size: size, scope: call.operation) { [$0] }
        return ListFunctionsByCodeSigningConfigResponse(
            nextMarker: page.next,
            functionArns: page.items.map { FunctionKey(account: key.account, region: key.region, name: $0).arn })
    }

    /// The configuration that an ARN names. Those of other accounts and regions are not found.
    private static func codeSigning(_ arn: String, _ call: Call) throws -> CodeSigningKey {
        guard let key = CodeSigningKey(arn: arn), key.account == call.account, key.region == call.region else {
            throw CodeSigningFailures.notFound(arn)
        }
        return key
    }
}

extension CodeSigningRecord.Policy {
    fileprivate init?(_ input: CodeSigningPolicies?) {
        guard let policy = input?.untrustedArtifactOnDeployment else { return nil }
        self.init(rawValue: policy)
    }
}

extension CodeSigningConfig {
    fileprivate init(_ record: CodeSigningRecord) {
        self.init(
            codeSigningConfigId: record.key.id, codeSigningConfigArn: record.key.arn,
            allowedPublishers: AllowedPublishers(signingProfileVersionArns: record.publishers),
            codeSigningPolicies: CodeSigningPolicies(untrustedArtifactOnDeployment: record.policy.rawValue),
            lastModified: record.lastModified.lambdaText, description: record.description)
    }
}

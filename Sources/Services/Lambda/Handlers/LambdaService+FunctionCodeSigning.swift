public import ServiceKit

/// Code signing of functions.
extension LambdaService {
    /// What is deployed already stays; the configuration counts from the next deployment.
    public func putFunctionCodeSigningConfig(
        _ input: PutFunctionCodeSigningConfigRequest, _ call: Call
    ) async throws -> PutFunctionCodeSigningConfigResponse {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        let config = try Self.attachable(input.codeSigningConfigArn, key)
        try await change(key) {
            try await self.store.write { transaction in
                guard try transaction.codeSigning(config) != nil else { throw CodeSigningFailures.missing(config.arn) }
                try transaction.setCodeSigning(of: key, config)
            }
            try await self.reload(key)
        }
        return PutFunctionCodeSigningConfigResponse(codeSigningConfigArn: config.arn, functionName: key.name)
    }

    public func getFunctionCodeSigningConfig(
        _ input: GetFunctionCodeSigningConfigRequest, _ call: Call
    ) async throws -> GetFunctionCodeSigningConfigResponse {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        let record = try await store.read { transaction in
            guard try transaction.exists(key) else { throw LambdaFailures.functionNotFound(key.arn) }
            return try transaction.codeSigning(of: key)
        }
        guard let record else { return GetFunctionCodeSigningConfigResponse() }
        return GetFunctionCodeSigningConfigResponse(codeSigningConfigArn: record.key.arn, functionName: key.name)
    }

    /// As on AWS, no error if the function has none.
    public func deleteFunctionCodeSigningConfig(
        _ input: DeleteFunctionCodeSigningConfigRequest, _ call: Call
    ) async throws {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        try await change(key) {
            try await self.store.write { try $0.setCodeSigning(of: key, nil) }
            try await self.reload(key)
        }
    }

    /// The configuration that a new function is to have.
    /// - Throws: AWS's errors if there is none such, or if it refuses the function's code.
    func codeSigning(_ arn: String?, for key: FunctionKey) async throws -> CodeSigningKey? {
        guard let arn, !arn.isEmpty else { return nil }
        let config = try Self.attachable(arn, key)
        guard let record = try await store.read({ try $0.codeSigning(config) }) else {
            throw CodeSigningFailures.missing(arn)
        }
        try record.requireSignature(of: key.name)
        return config
    }

    /// - Throws: AWS's error if the function's code must be signed.
    func refuseUnsigned(_ key: FunctionKey) async throws {
        try await store.read { try $0.codeSigning(of: key) }?.requireSignature(of: key.name)
    }

    /// Configurations of other accounts and regions are as good as none.
    private static func attachable(_ arn: String, _ key: FunctionKey) throws -> CodeSigningKey {
        guard let config = CodeSigningKey(arn: arn), config.account == key.account, config.region == key.region else {
            throw CodeSigningFailures.missing(arn)
        }
        return config
    }
}

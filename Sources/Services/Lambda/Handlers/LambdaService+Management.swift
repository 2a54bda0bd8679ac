public import ServiceKit

extension LambdaService {
    public func putFunctionRecursionConfig(
        _ input: PutFunctionRecursionConfigRequest, _ call: Call
    ) async throws -> PutFunctionRecursionConfigResponse {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        let loop = RecursiveLoop(rawValue: input.recursiveLoop) ?? .terminate
        return try await change(key) {
            try await self.store.write { try $0.setRecursiveLoop(key, loop) }
            try await self.reload(key)
            return PutFunctionRecursionConfigResponse(recursiveLoop: loop.rawValue)
        }
    }

    public func getFunctionRecursionConfig(
        _ input: GetFunctionRecursionConfigRequest, _ call: Call
    ) async throws -> GetFunctionRecursionConfigResponse {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        guard let loop = try await store.read({ try $0.recursiveLoop(key) }) else {
            throw LambdaFailures.functionNotFound(key.arn)
        }
        return GetFunctionRecursionConfigResponse(recursiveLoop: loop.rawValue)
    }

    public func putRuntimeManagementConfig(
        _ input: PutRuntimeManagementConfigRequest, _ call: Call
    ) async throws -> PutRuntimeManagementConfigResponse {
        let target = try FunctionTarget(input.functionName, qualifier: input.qualifier, in: call)
        let (key, qualifier) = (target.key, target.qualifier ?? latestVersion)
        let management = try await change(key) {
            try await self.store.write { transaction in
                guard let version = try transaction.version(key, qualifier) else {
                    throw LambdaFailures.functionNotFound(target.arn)
                }
                let management = try RuntimeManagement.make(
                    mode: input.updateRuntimeOn, runtimeVersion: input.runtimeVersionArn,
                    runtime: version.settings.runtime, region: key.region)
                try transaction.setRuntimeManagement(key, version.version, management)
                return management
            }
        }
        return PutRuntimeManagementConfigResponse(
            updateRuntimeOn: management.mode.rawValue, functionArn: key.arn(qualifier),
            runtimeVersionArn: management.runtimeVersion)
    }

    public func getRuntimeManagementConfig(
        _ input: GetRuntimeManagementConfigRequest, _ call: Call
    ) async throws -> GetRuntimeManagementConfigResponse {
        let target = try FunctionTarget(input.functionName, qualifier: input.qualifier, in: call)
        let (key, qualifier) = (target.key, target.qualifier ?? latestVersion)
        let management = try await store.read { transaction in
            guard try transaction.version(key, qualifier) != nil else {
                throw LambdaFailures.functionNotFound(target.arn)
            }
            return try transaction.runtimeManagement(key, qualifier)
        }
        return GetRuntimeManagementConfigResponse(
            updateRuntimeOn: management.mode.rawValue, runtimeVersionArn: management.runtimeVersion,
            functionArn: key.arn(qualifier))
    }
}

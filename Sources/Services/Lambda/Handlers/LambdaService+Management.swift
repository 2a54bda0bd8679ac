public import ServiceKit

extension LambdaService {
    public func putFunctionRecursionConfig(_ input: PutFunctionRecursionConfigRequest, _ call: Call) async throws
        -> PutFunctionRecursionConfigResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func getFunctionRecursionConfig(_ input: GetFunctionRecursionConfigRequest, _ call: Call) async throws
        -> GetFunctionRecursionConfigResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func putRuntimeManagementConfig(_ input: PutRuntimeManagementConfigRequest, _ call: Call) async throws
        -> PutRuntimeManagementConfigResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func getRuntimeManagementConfig(_ input: GetRuntimeManagementConfigRequest, _ call: Call) async throws
        -> GetRuntimeManagementConfigResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }
}

public import ServiceKit

extension LambdaService {
    public func createCodeSigningConfig(_ input: CreateCodeSigningConfigRequest, _ call: Call) async throws
        -> CreateCodeSigningConfigResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func getCodeSigningConfig(_ input: GetCodeSigningConfigRequest, _ call: Call) async throws
        -> GetCodeSigningConfigResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func updateCodeSigningConfig(_ input: UpdateCodeSigningConfigRequest, _ call: Call) async throws
        -> UpdateCodeSigningConfigResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func deleteCodeSigningConfig(_ input: DeleteCodeSigningConfigRequest, _ call: Call) async throws
        -> DeleteCodeSigningConfigResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func listCodeSigningConfigs(_ input: ListCodeSigningConfigsRequest, _ call: Call) async throws
        -> ListCodeSigningConfigsResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func listFunctionsByCodeSigningConfig(_ input: ListFunctionsByCodeSigningConfigRequest, _ call: Call)
        async throws -> ListFunctionsByCodeSigningConfigResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func putFunctionCodeSigningConfig(_ input: PutFunctionCodeSigningConfigRequest, _ call: Call) async throws
        -> PutFunctionCodeSigningConfigResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func getFunctionCodeSigningConfig(_ input: GetFunctionCodeSigningConfigRequest, _ call: Call) async throws
        -> GetFunctionCodeSigningConfigResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func deleteFunctionCodeSigningConfig(_ input: DeleteFunctionCodeSigningConfigRequest, _ call: Call)
        async throws
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }
}

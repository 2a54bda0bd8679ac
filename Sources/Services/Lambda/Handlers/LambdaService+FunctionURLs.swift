public import ServiceKit

extension LambdaService {
    public func createFunctionUrlConfig(_ input: CreateFunctionUrlConfigRequest, _ call: Call) async throws
        -> CreateFunctionUrlConfigResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func getFunctionUrlConfig(_ input: GetFunctionUrlConfigRequest, _ call: Call) async throws
        -> GetFunctionUrlConfigResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func updateFunctionUrlConfig(_ input: UpdateFunctionUrlConfigRequest, _ call: Call) async throws
        -> UpdateFunctionUrlConfigResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func deleteFunctionUrlConfig(_ input: DeleteFunctionUrlConfigRequest, _ call: Call) async throws {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func listFunctionUrlConfigs(_ input: ListFunctionUrlConfigsRequest, _ call: Call) async throws
        -> ListFunctionUrlConfigsResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }
}

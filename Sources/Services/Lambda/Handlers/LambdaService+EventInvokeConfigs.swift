public import ServiceKit

extension LambdaService {
    public func invokeAsync(_ input: InvokeAsyncRequest, _ call: Call) async throws -> InvokeAsyncResponse {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func putFunctionEventInvokeConfig(_ input: PutFunctionEventInvokeConfigRequest, _ call: Call) async throws
        -> FunctionEventInvokeConfig
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func updateFunctionEventInvokeConfig(_ input: UpdateFunctionEventInvokeConfigRequest, _ call: Call)
        async throws -> FunctionEventInvokeConfig
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func getFunctionEventInvokeConfig(_ input: GetFunctionEventInvokeConfigRequest, _ call: Call) async throws
        -> FunctionEventInvokeConfig
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func listFunctionEventInvokeConfigs(_ input: ListFunctionEventInvokeConfigsRequest, _ call: Call)
        async throws -> ListFunctionEventInvokeConfigsResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func deleteFunctionEventInvokeConfig(_ input: DeleteFunctionEventInvokeConfigRequest, _ call: Call)
        async throws
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }
}

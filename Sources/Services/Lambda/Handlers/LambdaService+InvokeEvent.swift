import Execution
public import ServiceKit

extension LambdaService {
    /// `InvokeAsync`, which AWS has deprecated: `Invoke` with `InvocationType=Event`, in other words.
    public func invokeAsync(_ input: InvokeAsyncRequest, _ call: Call) async throws -> InvokeAsyncResponse {
        try await accept(input.functionName, nil, payload: input.invokeArgs, clientContext: nil, call)
        return InvokeAsyncResponse(status: 202)
    }

    /// Puts an event into the function's queue. It is durable when this returns.
    func accept(
        _ name: String, _ qualifier: String?, payload: [UInt8]?, clientContext: String?, _ call: Call
    ) async throws {
        let invocation = try await prepare(
            name, qualifier, payload: payload, clientContext: clientContext, logType: nil,
            limit: LambdaLimits.asynchronousPayload, call)
        let event = AsyncEvent(
            requestID: call.requestID, qualifier: invocation.qualifier, received: time.now,
            traceHeader: call.traceHeader, clientContext: invocation.request.clientContext,
            payload: invocation.request.payload)
        try await events.accept(event, for: invocation.version.key)
    }
}

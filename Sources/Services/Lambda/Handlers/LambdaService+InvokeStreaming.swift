import Execution
import Foundation
public import ServiceKit
import ServiceModel

extension LambdaService {
    /// The answer's head leaves when the function has begun to answer: until then there may be an error to tell.
    public func invokeWithResponseStream(
        _ input: InvokeWithResponseStreamRequest, _ call: Call
    ) async throws -> Reply {
        try UnsupportedParameters(operation: call.operation).refuse("TenantId", if: input.tenantId != nil)
        let invocation = try await prepare(
            input.functionName, input.qualifier, payload: input.payload, clientContext: input.clientContext,
            logType: input.logType, call)
        if input.invocationType == "DryRun" {
            return Reply(InvokeWithResponseStreamResponse(statusCode: 204).wire)
        }
        try refuseLoop(invocation.version.key, call)
        let stream = try await invoker.invokeStreaming(try await function(invocation.version), invocation.request)
        let reader = StreamReader(stream)
        return Reply(
            InvokeWithResponseStreamResponse(
                statusCode: 200, executedVersion: invocation.version.version,
                responseStreamContentType: stream.contentType
            ).wire,
            events: AsyncThrowingStream { try await reader.next()?.wire })
    }
}

/// Reads a stream as events. Whoever lets go of it abandons the stream.
private final class StreamReader: Sendable {
    private let stream: ResponseStream

    init(_ stream: ResponseStream) { self.stream = stream }

    deinit { stream.abandon() }

    func next() async throws -> InvokeWithResponseStreamResponseEvent? {
        switch try await stream.next() {
        case nil: nil
        case .bytes(let bytes):
            InvokeWithResponseStreamResponseEvent(payloadChunk: InvokeResponseStreamUpdate(payload: bytes))
        case .end(let end):
            InvokeWithResponseStreamResponseEvent(
                invokeComplete: InvokeWithResponseStreamCompleteEvent(
                    errorCode: end.functionError, errorDetails: end.errorDetails,
                    logResult: end.logTail.map { Data($0).base64EncodedString() }))
        }
    }
}

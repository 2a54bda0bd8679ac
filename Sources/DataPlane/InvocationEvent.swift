public import Execution
public import NIOCore

/// One invocation on its way through the data plane. The payload is shared with the connection that it came by, not copied.
public struct InvocationEvent: Sendable {
    /// The id that the function sees as `aws_request_id`.
    public var requestID: String
    /// JSON; empty means `{}`, as on AWS.
    public var payload: ByteBuffer
    /// JSON.
    public var clientContext: String?
    /// The ARN that the function sees as `invoked_function_arn`.
    public var invokedFunctionARN: String
    public var traceHeader: String?
    /// Whether the last 4 KB of the log are wanted.
    public var wantsLogTail: Bool
    /// Where an answer goes that the function streams; nil: it is collected.
    public var stream: ResponseStream?

    public init(
        requestID: String, payload: ByteBuffer, clientContext: String? = nil, invokedFunctionARN: String,
        traceHeader: String? = nil, wantsLogTail: Bool = false, stream: ResponseStream? = nil
    ) {
        self.requestID = requestID
        self.payload = payload
        self.clientContext = clientContext
        self.invokedFunctionARN = invokedFunctionARN
        self.traceHeader = traceHeader
        self.wantsLogTail = wantsLogTail
        self.stream = stream
    }

    init(_ request: InvocationRequest) {
        self.init(
            requestID: request.requestID, payload: ByteBuffer(bytes: request.payload),
            clientContext: request.clientContext, invokedFunctionARN: request.invokedFunctionARN,
            traceHeader: request.traceHeader, wantsLogTail: request.wantsLogTail, stream: request.stream)
    }

    var request: InvocationRequest {
        InvocationRequest(
            requestID: requestID, payload: Array(payload.readableBytesView), clientContext: clientContext,
            invokedFunctionARN: invokedFunctionARN, traceHeader: traceHeader, wantsLogTail: wantsLogTail, stream: stream
        )
    }
}

/// Is told how an invocation ended, or what prevented it: an `AWSError`.
public typealias InvocationDone = @Sendable (Result<InvocationAnswer, any Error>) -> Void

/// How an invocation ended.
public struct InvocationAnswer: Sendable {
    /// The function's answer, or AWS's error JSON.
    public var payload: ByteBuffer
    /// `X-Amz-Function-Error`: `Unhandled` or `Handled`; nil for success.
    public var functionError: String?
    /// The last 4 KB of the log, if they were asked for.
    public var logTail: [UInt8]?

    public init(payload: ByteBuffer, functionError: String? = nil, logTail: [UInt8]? = nil) {
        self.payload = payload
        self.functionError = functionError
        self.logTail = logTail
    }

    init(_ result: InvocationResult) {
        self.init(
            payload: ByteBuffer(bytes: result.payload), functionError: result.functionError, logTail: result.logTail)
    }

    var result: InvocationResult {
        InvocationResult(payload: Array(payload.readableBytesView), functionError: functionError, logTail: logTail)
    }
}

/// Runs functions in execution environments: the door from the Lambda API into the data plane.
public protocol FunctionInvoker: Sendable {
    /// Runs one invocation to its end. A function's own failure is a result, not an error.
    /// - Throws: `AWSError` for what prevents the invocation: throttling, a machine without room.
    func invoke(_ function: FunctionVersion, _ request: InvocationRequest) async throws -> InvocationResult
    /// Begins an invocation whose answer leaves while the function still runs.
    /// - Returns: the answer, when the function has begun it or has ended. A caller who gives up before it has read all of it
    ///   abandons it.
    /// - Throws: `AWSError` for what prevents the invocation.
    func invokeStreaming(_ function: FunctionVersion, _ request: InvocationRequest) async throws -> ResponseStream
    /// Ends the environments of these versions of the function (all versions if nil), idle ones now, busy ones after their
    /// invocation: the function was deleted or changed. `exceptRevision` keeps those of the current revision.
    func retire(account: String, region: String, name: String, version: String?, exceptRevision: String?) async
    /// The share of the machine's processors that has nothing to do, from 0 to 1: whether it is worth while to run more at the same time.
    var idleProcessors: Double { get }
}

extension FunctionInvoker {
    public var idleProcessors: Double { 1 }
}

/// One invocation, as the caller wants it.
public struct InvocationRequest: Sendable {
    /// The id that the function sees as `aws_request_id` and the caller as `x-amzn-RequestId`.
    public var requestID: String
    /// The event, JSON; empty means `{}`… as AWS does with an empty body.
    public var payload: [UInt8]
    /// `X-Amz-Client-Context`, decoded from base64: JSON.
    public var clientContext: String?
    /// The ARN that the function sees as `invoked_function_arn`: as the caller named it, with its qualifier if it gave one.
    public var invokedFunctionARN: String
    public var traceHeader: String?
    /// Whether the last 4 KB of the log are wanted (`LogType=Tail`).
    public var wantsLogTail: Bool
    /// Where an answer goes that the function streams; nil: it is collected.
    public var stream: ResponseStream?

    public init(
        requestID: String, payload: [UInt8], clientContext: String? = nil, invokedFunctionARN: String,
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
}

/// How an invocation ended.
public struct InvocationResult: Sendable {
    /// The function's answer, or AWS's error JSON.
    public var payload: [UInt8]
    /// `X-Amz-Function-Error`: `Unhandled` or `Handled`; nil for success.
    public var functionError: String?
    /// The last 4 KB of the log, if they were asked for.
    public var logTail: [UInt8]?

    public init(payload: [UInt8], functionError: String? = nil, logTail: [UInt8]? = nil) {
        self.payload = payload
        self.functionError = functionError
        self.logTail = logTail
    }
}

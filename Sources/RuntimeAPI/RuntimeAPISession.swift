public import Execution
public import NIOCore

/// What a Runtime API server talks to: one execution environment. Every call is made on the environment's event loop.
public protocol RuntimeAPISession: AnyObject {
    /// The runtime asks for the next event. The session answers through `caller`, now or later.
    func next(_ caller: any RuntimeAPICaller)
    /// The runtime answers an invocation.
    /// - Returns: why that is refused; nil if it counts.
    func respond(requestID: String, body: ByteBuffer) -> RuntimeAPIRefusal?
    /// The answer was larger than a function's may be; it was not kept.
    func respondTooLarge(requestID: String) -> RuntimeAPIRefusal?
    /// The runtime begins an answer that it streams.
    /// - Parameters:
    ///   - requestID: which invocation it answers.
    ///   - contentType: of the answer, as the runtime says.
    ///   - resume: is called when more may be read after ``RuntimeAPIStream/write(_:)`` returned false.
    /// - Returns: where the answer goes, or why it is refused.
    func beginStream(requestID: String, contentType: String?, resume: @escaping () -> Void) -> RuntimeAPIStreamOpening
    /// The runtime reports that the handler failed; `body` is AWS's error JSON, `errorType` the header beside it.
    func fail(requestID: String, body: ByteBuffer, errorType: String?) -> RuntimeAPIRefusal?
    /// The runtime reports that initialisation failed.
    func failInitialization(body: ByteBuffer, errorType: String?) -> RuntimeAPIRefusal?
    /// A connection that waited for an event is gone.
    func disconnected(_ caller: any RuntimeAPICaller)
    /// What serves the environment's extensions; nil: nothing does.
    var extensions: (any ExtensionsAPISession)? { get }
}

extension RuntimeAPISession {
    public var extensions: (any ExtensionsAPISession)? { nil }
}

/// Whether an answer may be streamed.
public enum RuntimeAPIStreamOpening {
    case opened(any RuntimeAPIStream)
    case refused(RuntimeAPIRefusal)
}

/// An answer that the runtime streams. Every call is made on the environment's event loop.
public protocol RuntimeAPIStream: AnyObject {
    /// - Returns: false if nothing more shall be read for now: the runtime has to wait.
    func write(_ bytes: ByteBuffer) -> Bool
    /// All of it has come; `error` is what the runtime says of it in trailers.
    /// - Returns: why it is refused; nil if it counts.
    func end(_ error: StreamedError?) -> RuntimeAPIRefusal?
    /// The connection is gone, and the answer not complete.
    func truncated()
}

/// A connection of the runtime that waits for an event.
public protocol RuntimeAPICaller: AnyObject {
    /// Sends the event.
    func deliver(_ event: RuntimeEvent)
    func refuse(_ refusal: RuntimeAPIRefusal)
}

/// An event as the runtime gets it.
public struct RuntimeEvent: Sendable {
    public var requestID: String
    /// Milliseconds since the epoch, in real time.
    public var deadline: Int64
    public var invokedFunctionARN: String
    public var traceID: String
    public var clientContext: String?
    public var payload: ByteBuffer

    public init(
        requestID: String, deadline: Int64, invokedFunctionARN: String, traceID: String, clientContext: String?,
        payload: ByteBuffer
    ) {
        self.requestID = requestID
        self.deadline = deadline
        self.invokedFunctionARN = invokedFunctionARN
        self.traceID = traceID
        self.clientContext = clientContext
        self.payload = payload
    }
}

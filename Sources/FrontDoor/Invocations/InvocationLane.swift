public import NIOCore
public import ServiceKit

/// The short way of a synchronous invocation: what is in memory is begun on the connection's event loop, from the bytes of the
/// request.
///
/// It is a shortcut, not another behaviour: whatever it does not take goes through the chain, and the answers are the same.
public protocol InvocationLane: Sendable {
    /// The account for which a key of no session calls without proof; nil if that is not known at once.
    func account(ofKey accessKeyID: String) -> String?
    /// What a name and a qualifier stand for; nil if that is not known at once, or not always the same.
    func target(account: String, region: String, name: String, qualifier: String?) -> (any InvocationTarget)?
}

/// A version of a function that can be invoked at once.
public protocol InvocationTarget: AnyObject, Sendable {
    /// Whether nothing has changed since it was found.
    var isCurrent: Bool { get }
    /// `$LATEST` or a number.
    var executedVersion: String { get }
    /// Whether a payload is one that the service would take, of an asynchronous event or of any other.
    func accepts(_ payload: ByteBuffer, isEvent: Bool) -> Bool
    /// Gives an idle environment the event.
    /// - Parameters:
    ///   - event: with everything that the request says.
    ///   - loop: where the caller is.
    ///   - done: is called once, on `loop`, after this function has returned true.
    /// - Returns: false if there is none: ``start(_:)`` is to be called instead.
    func begin(
        _ event: LaneEvent, on loop: any EventLoop, done: @escaping @Sendable (Result<LaneAnswer, AWSError>) -> Void
    ) -> Bool
    /// Starts an environment for the event, if that is allowed now.
    func start(_ event: LaneEvent) async -> Result<LaneAnswer, AWSError>
    /// Puts an asynchronous event into the function's queue: it is durable when this returns.
    func enqueue(_ event: LaneEvent) async -> Result<LaneAnswer, AWSError>
}

/// One invocation.
public struct LaneEvent: Sendable {
    public var requestID: String
    public var payload: ByteBuffer
    public var traceHeader: String?
    /// Whether the last 4 KB of the log are wanted.
    public var wantsLogTail: Bool
    /// Whether nobody waits for the function: `InvocationType=Event`.
    public var isEvent: Bool
}

/// How it ended.
public struct LaneAnswer: Sendable {
    public var payload: ByteBuffer
    /// `Unhandled` or `Handled`; nil for success.
    public var functionError: String?
    public var logTail: [UInt8]?
    /// The answer to an event that is queued: 202, and nothing else.
    public var isAccepted = false

    /// The event is queued.
    public static var accepted: LaneAnswer {
        var answer = LaneAnswer(payload: ByteBuffer(), functionError: nil, logTail: nil)
        answer.isAccepted = true
        return answer
    }

    public init(payload: ByteBuffer, functionError: String?, logTail: [UInt8]?) {
        self.payload = payload
        self.functionError = functionError
        self.logTail = logTail
    }
}

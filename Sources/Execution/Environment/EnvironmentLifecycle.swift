/// The life of one execution environment as its Runtime API sees it: which call is allowed when, and what follows from it.
///
/// A pure value: callers perform what the transitions return. Follows
/// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and …/lambda-runtime-environment.html.
public struct EnvironmentLifecycle: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        /// The runtime starts; it has not asked for an event.
        case initializing
        /// The runtime said that its initialisation failed; only its end can follow.
        case initializationFailed
        /// The runtime waits for an event.
        case ready
        /// The runtime has the event of this invocation.
        case invoking(requestID: String)
        /// The runtime streams its answer of this invocation.
        case streaming(requestID: String)
        /// The runtime's connection broke while it streamed its answer.
        case truncated(requestID: String)
        /// The runtime has answered this invocation and has not asked for the next.
        case responded(requestID: String)
        /// The environment is gone or going.
        case ended
    }

    public enum Next: Sendable, Hashable {
        /// Initialisation is complete.
        case initialized
        /// The invocation is complete.
        case completed(requestID: String)
        /// The runtime asks again though it waits already (its connection broke): the newest call counts.
        case waiting
        case refused(RuntimeAPIRefusal)
    }

    public private(set) var state: State

    public init() { state = .initializing }

    /// `GET /runtime/invocation/next`.
    public mutating func next() -> Next {
        switch state {
        case .initializing:
            state = .ready
            return .initialized
        case .responded(let id), .truncated(let id):
            state = .ready
            return .completed(requestID: id)
        case .ready:
            return .waiting
        case .invoking, .streaming, .initializationFailed, .ended:
            return .refused(.invalidStateTransition)
        }
    }

    /// Gives the runtime an event.
    /// - Returns: false if the environment is not ready for one.
    public mutating func begin(requestID: String) -> Bool {
        guard case .ready = state else { return false }
        state = .invoking(requestID: requestID)
        return true
    }

    /// `POST /runtime/invocation/{id}/response` or `/error`.
    /// - Returns: why it is refused; nil if it counts.
    public mutating func respond(requestID: String) -> RuntimeAPIRefusal? {
        switch state {
        case .invoking(let current) where current == requestID, .truncated(let current) where current == requestID:
            state = .responded(requestID: requestID)
            return nil
        case .invoking, .truncated, .responded, .ready:
            return .invalidRequestID
        case .streaming, .initializing, .initializationFailed, .ended:
            return .invalidStateTransition
        }
    }

    /// The head of a `POST /runtime/invocation/{id}/response` whose body is streamed.
    /// - Returns: why it is refused; nil if it counts.
    public mutating func beginStream(requestID: String) -> RuntimeAPIRefusal? {
        if case .invoking(requestID) = state {
            state = .streaming(requestID: requestID)
            return nil
        }
        return switch state {
        case .invoking, .truncated, .responded, .ready: .invalidRequestID
        case .streaming, .initializing, .initializationFailed, .ended: .invalidStateTransition
        }
    }

    /// The end of that body.
    public mutating func endStream(requestID: String) -> RuntimeAPIRefusal? {
        guard case .streaming(requestID) = state else { return .invalidStateTransition }
        state = .responded(requestID: requestID)
        return nil
    }

    /// That body ended before its end. What is left to the runtime is to report an error or to ask for the next event.
    public mutating func breakStream(requestID: String) {
        if case .streaming(requestID) = state { state = .truncated(requestID: requestID) }
    }

    /// `POST /runtime/init/error`.
    public mutating func failInitialization() -> RuntimeAPIRefusal? {
        guard case .initializing = state else { return .invalidStateTransition }
        state = .initializationFailed
        return nil
    }

    /// The environment's processes ended or were killed.
    public mutating func end() { state = .ended }
}

/// Why the Runtime API refuses a call.
public enum RuntimeAPIRefusal: Sendable, Hashable {
    case invalidRequestID
    case invalidStateTransition
    case payloadTooLarge
    case streamTooLarge

    public var status: Int {
        switch self {
        case .invalidRequestID: 400
        case .invalidStateTransition: 403
        case .payloadTooLarge, .streamTooLarge: 413
        }
    }

    /// The body as AWS's Runtime API gives it.
    public var body: String {
        switch self {
        case .invalidRequestID: #"{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}"#
        case .invalidStateTransition:
            #"{"errorMessage":"State transition is not allowed","errorType":"InvalidStateTransition"}"#
        case .payloadTooLarge: Self.tooLarge(InvocationLimits.response)
        case .streamTooLarge: Self.tooLarge(InvocationLimits.streamedResponse)
        }
    }

    private static func tooLarge(_ limit: Int) -> String {
        #"{"errorMessage":"Exceeded maximum allowed payload size (\#(limit) bytes).","errorType":"RequestEntityTooLarge"}"#
    }
}

/// Sizes that AWS sets for synchronous invocations.
public enum InvocationLimits {
    /// Bytes of a function's answer: 6 MiB and 100 bytes.
    public static let response = 6_291_556
    /// Bytes of an answer that is streamed: 200 MB.
    public static let streamedResponse = 209_715_200
    /// Bytes of a log tail.
    public static let logTail = 4096
    /// Environments that serve one account in one region at a time.
    public static let accountConcurrency = 1000
    /// How long initialisation may take outside an invocation.
    public static let initialization: Duration = .seconds(10)
}

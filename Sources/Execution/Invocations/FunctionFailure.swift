/// A failure of a function that its runtime did not report itself, in the JSON that AWS gives the caller.
public enum FunctionFailure: Sendable, Hashable {
    /// In seconds, the function's timeout.
    case timedOut(after: Int)
    case exited(ExitReason)
    case outOfMemory
    case invalidEntrypoint(String)
    case responseTooLarge
    /// The same of an answer that is streamed.
    case streamTooLarge
    /// The runtime's connection broke in the middle of an answer that it streamed.
    case responseTruncated
    /// Initialisation did not end in time, twice.
    case initializationTimedOut(after: Int)
    /// An extension failed, and the environment with it: `Extension.Crash` and the like, and why.
    case extensionFailed(type: String, reason: String)

    public enum ExitReason: Sendable, Hashable {
        case code(Int32)
        case signal(Int32)
    }

    public var errorType: String {
        switch self {
        case .timedOut, .initializationTimedOut: "Sandbox.Timedout"
        case .exited: "Runtime.ExitError"
        case .outOfMemory: "Runtime.OutOfMemory"
        case .invalidEntrypoint: "Runtime.InvalidEntrypoint"
        case .responseTruncated: "Runtime.TruncatedResponse"
        case .responseTooLarge, .streamTooLarge: "Function.ResponseSizeTooLarge"
        case .extensionFailed(let type, _): type
        }
    }

    /// The message without the request id that most of them begin with.
    private var reason: String {
        switch self {
        case .timedOut(let seconds), .initializationTimedOut(let seconds): "Task timed out after \(seconds).00 seconds"
        case .exited(.code(0)): "Runtime exited without providing a reason"
        case .exited(.code(let code)): "Runtime exited with error: exit status \(code)"
        case .exited(.signal(let signal)): "Runtime exited with error: signal: \(Self.name(ofSignal: signal))"
        case .outOfMemory: "Runtime exited with error: signal: killed"
        case .invalidEntrypoint(let why): why
        case .extensionFailed(_, let reason): reason
        case .responseTruncated: "Response stream ended before it was complete"
        case .responseTooLarge: Self.tooLarge(InvocationLimits.response)
        case .streamTooLarge: Self.tooLarge(InvocationLimits.streamedResponse)
        }
    }

    /// The payload of the answer.
    public func payload(requestID: String) -> [UInt8] {
        let isTooLarge = self == .responseTooLarge || self == .streamTooLarge
        let message = isTooLarge ? reason : "RequestId: \(requestID) Error: \(reason)"
        let fields = [("errorType", errorType), ("errorMessage", message)]
        return Array(JSONText.object(isTooLarge ? fields.reversed() : fields).utf8)
    }

    private static func tooLarge(_ limit: Int) -> String {
        "Response payload size exceeded maximum allowed payload size (\(limit) bytes)."
    }

    /// The line that AWS writes into the log, without request id and time; nil where it writes none.
    public func logMessage(requestID: String) -> String? {
        switch self {
        case .timedOut, .initializationTimedOut: "\(requestID) \(reason)"
        case .exited, .outOfMemory, .invalidEntrypoint, .extensionFailed, .responseTruncated:
            "RequestId: \(requestID) Error: \(reason)\n\(errorType)"
        case .responseTooLarge, .streamTooLarge: nil
        }
    }

    /// The status that a REPORT line shows.
    public var reportStatus: String {
        switch self {
        case .timedOut, .initializationTimedOut: "timeout"
        default: "error"
        }
    }

    /// As Go's runtime names signals, which AWS's messages follow.
    private static func name(ofSignal signal: Int32) -> String {
        let names: [Int32: String] = [
            1: "hangup", 2: "interrupt", 3: "quit", 4: "illegal instruction", 5: "trace/breakpoint trap", 6: "aborted",
            7: "bus error", 8: "floating point exception", 9: "killed", 10: "user defined signal 1",
            11: "segmentation fault", 12: "user defined signal 2", 13: "broken pipe", 14: "alarm clock",
            15: "terminated",
            31: "bad system call",
        ]
        return names[signal] ?? "signal \(signal)"
    }
}

/// An event as extensions get it in answer to `GET /extension/event/next`.
public struct ExtensionEvent: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        case invoke = "INVOKE"
        case shutdown = "SHUTDOWN"
    }

    /// Why an environment is shut down.
    public enum ShutdownReason: String, Sendable {
        case spindown, timeout, failure
    }

    public var kind: Kind
    /// JSON.
    public var body: String

    /// An invocation: what the runtime gets, without its payload. The deadline is in milliseconds since the epoch.
    public static func invoke(requestID: String, deadline: Int64, functionARN: String, trace: String) -> ExtensionEvent
    {
        ExtensionEvent(
            kind: .invoke,
            body: JSONText.raw([
                ("eventType", "\"INVOKE\""), ("deadlineMs", String(deadline)),
                ("requestId", JSONText.string(requestID)), ("invokedFunctionArn", JSONText.string(functionARN)),
                ("tracing", JSONText.object([("type", "X-Amzn-Trace-Id"), ("value", trace)])),
            ]))
    }

    /// The end of the environment.
    public static func shutdown(_ reason: ShutdownReason, deadline: Int64) -> ExtensionEvent {
        ExtensionEvent(
            kind: .shutdown,
            body: JSONText.raw([
                ("eventType", "\"SHUTDOWN\""), ("shutdownReason", JSONText.string(reason.rawValue)),
                ("deadlineMs", String(deadline)),
            ]))
    }
}

/// How long the shutdown phase lasts.
/// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
public enum ShutdownLimits {
    /// Of a function with internal extensions only: what the runtime has after SIGTERM.
    public static let withInternalExtensions: Duration = .milliseconds(500)
    /// Of a function with external extensions.
    public static let withExternalExtensions: Duration = .milliseconds(2000)
    /// Of which the runtime has, after SIGTERM.
    public static let runtime: Duration = .milliseconds(300)
}

public import ServiceKit
import ServiceModel

/// Which limit an invocation met. The names are AWS's `ThrottleReason`.
public enum Throttle: String, Sendable, Hashable {
    /// What functions without reserved concurrency share is used up.
    case account = "ConcurrentInvocationLimitExceeded"
    /// The function's reserved concurrency is used up.
    case reserved = "ReservedFunctionConcurrentInvocationLimitExceeded"
    /// The function needs new environments faster than it may get them.
    case scaling = "FunctionInvocationRateLimitExceeded"

    /// What the caller sees. AWS names no time to wait where the limit is one of concurrency: nobody knows it.
    public var error: AWSError {
        var fields: [String: String] = ["Reason": rawValue, "Type": "User"]
        // By then a hundred more may start.
        if self == .scaling { fields["retryAfterSeconds"] = "1" }
        return AWSError(
            "TooManyRequestsException", shape: "TooManyRequestsException", status: 429, message: "Rate Exceeded.",
            fields: fields.mapValues { .string($0) })
    }
}

import ServiceKit
import ServiceModel

/// How a function's asynchronous invocations are handled; one for each qualifier:
/// https://docs.aws.amazon.com/lambda/latest/api/API_FunctionEventInvokeConfig.html
struct EventInvokeRecord: Sendable, Hashable {
    var key: FunctionKey
    /// `$LATEST`, a version's number or an alias's name.
    var qualifier: String
    /// 0 to 2; nil: 2.
    var maximumRetryAttempts: Int?
    /// In seconds, 60 to 21,600; nil: 21,600.
    var maximumEventAge: Int?
    /// ARNs; nil: none.
    var onSuccess: String?
    var onFailure: String?
    var lastModified: Timestamp

    var arn: String { key.arn(qualifier) }

    /// Nothing is configured.
    static func defaults(_ key: FunctionKey) -> EventInvokeRecord {
        EventInvokeRecord(key: key, qualifier: latestVersion, lastModified: Timestamp(milliseconds: 0))
    }
}

/// AWS's words about configurations of asynchronous invocations.
enum EventInvokeFailures {
    static func missing(_ arn: String) -> AWSError {
        LambdaFailures.notFound("The function \(arn) doesn't have an EventInvokeConfig")
    }

    static let noFunction = LambdaFailures.notFound("The function doesn't exist.")

    static let empty = LambdaFailures.invalidParameter(
        "You must specify at least one of error handling or destination setting.")

    static let ownDestination = LambdaFailures.invalidParameter(
        "You can't specify the function as a destination for itself.")

    static let noBucketOnSuccess = LambdaFailures.invalidParameter(
        "Amazon S3 is not supported as an on-success destination. Choose another destination type.")

    static func badDestination(_ arn: String) -> AWSError {
        LambdaFailures.invalidParameter("The destination ARN \(arn) is invalid.")
    }
}

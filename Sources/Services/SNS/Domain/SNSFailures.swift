import ServiceKit

/// The service's refusals, in AWS's words.
enum SNSFailures {
    static func invalid(_ what: String) -> AWSError { SNSError.invalidParameterException("Invalid parameter: \(what)") }

    static func invalid(_ parameter: String, reason: String) -> AWSError { invalid("\(parameter) Reason: \(reason)") }

    static func missing(_ parameter: String) -> AWSError {
        invalid(parameter, reason: "no value for required parameter")
    }

    /// What a shape's constraint says, as the services' common frame answers it.
    static func constraint(_ text: String) -> AWSError {
        AWSError("ValidationError", status: 400, message: "1 validation error detected: \(text)")
    }

    static let topicNotFound = SNSError.notFoundException("Topic does not exist")
    static let subscriptionNotFound = SNSError.notFoundException("Subscription does not exist")
    static let applicationNotFound = SNSError.notFoundException("PlatformApplication does not exist")
    static let endpointNotFound = SNSError.notFoundException("Endpoint does not exist")
    static let resourceNotFound = SNSError.resourceNotFoundException("Resource does not exist")

    static func unauthorized(_ principal: Principal, _ action: String, _ resource: String) -> AWSError {
        SNSError.authorizationErrorException(
            "User: \(principal.arn ?? "anonymous") is not authorized to perform: \(action) on resource: \(resource) "
                + "because no resource-based policy allows the \(action) action")
    }
}

import ServiceKit

/// SQS's errors in its own words. Those that its model does not name have a code in the query protocol and a type in JSON.
enum SQSFailures {
    /// `value`: as the caller gave it.
    static func invalidParameter(_ value: some CustomStringConvertible, _ parameter: String, _ reason: String)
        -> AWSError
    {
        invalidParameter("Value \(value) for parameter \(parameter) is invalid. Reason: \(reason)")
    }

    static func invalidParameter(_ message: String) -> AWSError {
        AWSError("InvalidParameterValue", shape: "InvalidParameterValueException", message: message)
    }

    static func missingParameter(_ parameter: String) -> AWSError {
        AWSError(
            "MissingParameter", shape: "MissingRequiredParameterException",
            message: "The request must contain the parameter \(parameter).")
    }

    static func accessDenied(_ action: String, _ queue: QueueKey, _ principal: Principal) -> AWSError {
        AWSError(
            "AccessDenied", shape: "AccessDeniedException", status: 403,
            message:
                "User: \(principal.arn ?? "anonymous") is not authorized to perform: sqs:\(action.lowercased()) on resource: \(queue.arn) because no resource-based policy allows the sqs:\(action.lowercased()) action"
        )
    }

    static var noQueue: AWSError { SQSError.queueDoesNotExist("The specified queue does not exist.") }

    static func invalidAddress(_ url: String) -> AWSError {
        SQSError.invalidAddress("The address \(url) is not valid for this endpoint.")
    }

    static func unknownAttribute(_ name: String) -> AWSError {
        SQSError.invalidAttributeName("Unknown Attribute \(name).")
    }

    static func invalidAttribute(_ name: String, _ reason: String? = nil) -> AWSError {
        SQSError.invalidAttributeValue(
            "Invalid value for the parameter \(name)." + (reason.map { " Reason: \($0)" } ?? ""))
    }

    static func queueExists(differing attribute: String) -> AWSError {
        var error = SQSError.queueNameExists(
            "A queue already exists with the same name and a different value for attribute \(attribute)")
        error.code = "QueueAlreadyExists"
        return error
    }

    static func invalidHandle(_ handle: String) -> AWSError {
        SQSError.receiptHandleIsInvalid("The input receipt handle \"\(handle)\" is not a valid receipt handle.")
    }

    static func expiredHandle(_ handle: String) -> AWSError {
        invalidParameter(handle, "ReceiptHandle", "The receipt handle has expired.")
    }

    static func notChangeable(_ handle: String) -> AWSError {
        invalidParameter(
            handle, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change.")
    }

    static var notInFlight: AWSError { SQSError.messageNotInflight("The message referred to isn't in flight.") }

    static var tooManyInFlight: AWSError {
        SQSError.overLimit("Too many messages are in flight: a queue can have \(SQSLimits.inFlight) of them.")
    }
}

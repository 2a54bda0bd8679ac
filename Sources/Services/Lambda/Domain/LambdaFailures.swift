import ServiceKit
import ServiceModel

/// Lambda's errors as AWS words them. Most carry `Type: User`; where recordings of AWS lack it, so do these.
enum LambdaFailures {
    static func invalidParameter(_ message: String, typed: Bool = true) -> AWSError {
        make("InvalidParameterValueException", 400, message, typed: typed)
    }

    static func conflict(_ message: String) -> AWSError { make("ResourceConflictException", 409, message) }

    static func notFound(_ message: String) -> AWSError { make("ResourceNotFoundException", 404, message) }

    /// The ARN has the qualifier that was asked for, if one was.
    static func functionNotFound(_ arn: String) -> AWSError { notFound("Function not found: \(arn)") }

    static func invalidContent(_ message: String) -> AWSError {
        make("InvalidRequestContentException", 400, message)
    }

    static let revisionMismatch = make(
        "PreconditionFailedException", 412,
        "The Revision Id provided does not match the latest Revision Id. "
            + "Call the GetFunction/GetAlias API to retrieve the latest Revision Id")

    /// The size that a policy would have, in bytes.
    static func policyTooLong(_ size: Int) -> AWSError {
        make(
            "PolicyLengthExceededException", 400,
            "The final policy size (\(size)) is bigger than the limit (\(LambdaLimits.policy)).")
    }

    static let layerRevisionMismatch = make(
        "PreconditionFailedException", 412,
        "The Revision Id provided does not match the latest Revision Id. "
            + "Call the GetLayerPolicy API to retrieve the latest Revision Id")

    /// Of an operation that asks for a layer version itself.
    static let layerVersionNotFound = notFound("The resource you requested does not exist.")

    /// Of an operation on something that belongs to the layer version.
    static func layerVersionMissing(_ arn: String) -> AWSError {
        invalidParameter("Layer version \(arn) does not exist.")
    }

    /// A resource of another account that its policy does not open to the caller.
    static func notAllowed(_ principal: Principal, _ action: String, on resource: String) -> AWSError {
        accessDenied(
            "User: \(principal.arn ?? "anonymous") is not authorized to perform: lambda:\(action) on resource: "
                + "\(resource) because no resource-based policy allows the lambda:\(action) action")
    }

    static let recursion = make(
        "RecursiveInvocationException", 400,
        "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services resources "
            + "and stopped your function's invocation.")

    static let codeStorageExceeded = make("CodeStorageExceededException", 400, "Code storage limit exceeded.")

    static let qualifierMismatch = invalidParameter(
        "The derived qualifier from the function name does not match the specified qualifier.")

    static let roleNotAssumable = invalidParameter(
        "The role defined for the function cannot be assumed by Lambda.")

    static let brokenArchive = invalidParameter(
        "Could not unzip uploaded file. Please check your file, then try to upload again.")

    static let unzippedTooLarge = invalidParameter(
        "Unzipped size must be smaller than \(LambdaLimits.unzippedPackage) bytes")

    static func tooLarge(_ message: String) -> AWSError {
        AWSError("RequestEntityTooLargeException", status: 413, message: message)
    }

    static func updateInProgress(_ arn: String) -> AWSError {
        conflict(
            "The operation cannot be performed at this time. An update is in progress for resource: \(arn)")
    }

    static func accessDenied(_ message: String) -> AWSError {
        AWSError("AccessDeniedException", status: 403, message: message)
    }

    static func service(_ message: String) -> AWSError {
        AWSError(
            "ServiceException", shape: "ServiceException", status: 500, message: message,
            fields: ["Type": "Service"])
    }

    private static func make(_ code: String, _ status: Int, _ message: String, typed: Bool = true) -> AWSError {
        AWSError(code, shape: code, status: status, message: message, fields: typed ? ["Type": "User"] : [:])
    }
}

extension LambdaFailures {
    /// A violated constraint, in the form of the model's own.
    static func constraint(value: String, member: String, _ constraint: String) -> AWSError {
        AWSError.validation(
            "1 validation error detected: Value '\(value)' at '\(member)' failed to satisfy constraint: \(constraint)")
    }
}

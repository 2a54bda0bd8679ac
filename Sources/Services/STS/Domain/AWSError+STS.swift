import ServiceKit

extension AWSError {
    /// What STS answers where other services answer `ValidationException`.
    static func validationError(_ message: String) -> AWSError {
        AWSError("ValidationError", status: 400, message: message)
    }

    static func invalidParameterValue(_ message: String) -> AWSError {
        AWSError("InvalidParameterValue", status: 400, message: message)
    }

    static func accessDenied(_ message: String) -> AWSError { AWSError("AccessDenied", status: 403, message: message) }

    static func notAuthorized(_ principal: Principal, _ operation: String, resource: String) -> AWSError {
        accessDenied(
            "User: \(principal.arn ?? "anonymous") is not authorized to perform: sts:\(operation) on resource: \(resource)"
        )
    }

    static let missingToken = AWSError(
        "MissingAuthenticationToken", status: 403, message: "Request is missing Authentication Token")
}

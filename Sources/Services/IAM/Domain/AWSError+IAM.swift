import ServiceKit

extension AWSError {
    /// What IAM answers where other services answer `ValidationException`.
    static func validationError(_ message: String) -> AWSError {
        AWSError("ValidationError", status: 400, message: message)
    }

    static func noSuchRole(_ name: String) -> AWSError {
        IAMError.noSuchEntityException("The role with name \(name) cannot be found.")
    }

    static func noSuchPolicy(_ arn: String) -> AWSError {
        IAMError.noSuchEntityException("Policy \(arn) was not found.")
    }

    static func notAttachable(_ arn: String) -> AWSError {
        IAMError.noSuchEntityException("Policy \(arn) does not exist or is not attachable.")
    }

    static func noSuchVersion(_ arn: String, _ version: String) -> AWSError {
        IAMError.noSuchEntityException("Policy \(arn) version \(version) does not exist or is not attachable.")
    }

    /// Service-linked roles are changed by their services alone.
    static func protectedRole(_ name: String) -> AWSError {
        IAMError.unmodifiableEntityException(
            "Cannot perform the operation on the protected role '\(name)' - this role is only modifiable by AWS")
    }

    static func accessDenied(_ principal: Principal, _ operation: String, resource: String) -> AWSError {
        AWSError(
            "AccessDenied", status: 403,
            message:
                "User: \(principal.arn ?? "anonymous") is not authorized to perform: iam:\(operation) on resource: \(resource)"
        )
    }
}

/// Lets an account's root do everything, and nobody else anything: what `--auth iam` means until policies are evaluated.
public struct RootOnlyAuthorizer: Authorizer {
    public init() {}

    public func authorize(_ principal: Principal, service: String, operation: String, account: String) async throws {
        if case .root(account) = principal { return }
        // No policy of an identity speaks for a service: the function's own does, which Lambda asks in every mode.
        if case .service = principal, service == "lambda", operation == "Invoke" { return }
        // A topic's own policy decides, in every mode; whoever has a subscription's token or its ARN may follow the links in its messages.
        if case .service = principal, service == "sns", operation == "Publish" { return }
        if principal == .anonymous, service == "sns", ["ConfirmSubscription", "Unsubscribe"].contains(operation) {
            return
        }
        // So do a bucket's policy and lists, about nobody in particular and about services.
        if service == "s3" {
            if case .service = principal { return }
            if principal == .anonymous { return }
        }
        // As on AWS: no policy is needed to ask who one is, and none can forbid it.
        if service == "sts", operation == "GetCallerIdentity", principal != .anonymous { return }
        throw AWSError.accessDenied(principal, service: service, operation: operation)
    }
}

/// Lets everybody do everything: what `--auth open` means.
public struct OpenAuthorizer: Authorizer {
    public init() {}

    public func authorize(_ principal: Principal, service: String, operation: String, account: String) async throws {}
}

extension AWSError {
    /// No policy allows the action. The front door gives the code its form in the service's protocol.
    public static func accessDenied(_ principal: Principal, service: String, operation: String) -> AWSError {
        guard let arn = principal.arn else {
            return AWSError("AccessDeniedException", status: 403, message: "Access Denied")
        }
        let action = "\(service):\(actionName(service: service, operation: operation))"
        return AWSError(
            "AccessDeniedException", status: 403,
            message: "User: \(arn) is not authorized to perform: \(action) because no identity-based policy allows the "
                + "\(action) action")
    }

    /// The name that policies use where it is not the operation's (Service Authorization Reference).
    private static func actionName(service: String, operation: String) -> String {
        switch (service, operation) {
        case ("lambda", "Invoke"), ("lambda", "InvokeWithResponseStream"): "InvokeFunction"
        case ("s3", "ListBuckets"): "ListAllMyBuckets"
        case ("s3", "ListObjects"), ("s3", "ListObjectsV2"), ("s3", "HeadBucket"): "ListBucket"
        case ("s3", "HeadObject"): "GetObject"
        default: operation
        }
    }
}

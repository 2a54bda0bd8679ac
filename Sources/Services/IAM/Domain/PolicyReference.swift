import ServiceKit

/// What a policy's ARN names.
enum PolicyReference: Sendable, Hashable {
    /// One of AWS's own, in ``AWSManagedPolicies``.
    case aws(AWSManagedPolicy)
    case customer(account: String, path: String, name: String)
    /// A well-formed ARN of a policy that AWS does not have.
    case unknown

    /// - Throws: `ValidationError` if `arn` is not the ARN of a policy at all.
    init(_ arn: String) throws(AWSError) {
        guard let parsed = ARN(arn), parsed.service == "iam", parsed.region.isEmpty, !parsed.account.isEmpty,
            let (type, rest) = parsed.typed, type == "policy", parsed.resource.hasPrefix("policy/"), !rest.isEmpty
        else { throw .validationError("Invalid ARN:  Could not be parsed!") }
        if parsed.account == "aws" {
            self = AWSManagedPolicies.policy(arn).map(Self.aws) ?? .unknown
            return
        }
        let path: String
        let name: String
        if let slash = rest.lastIndex(of: "/") {
            path = "/" + rest[...slash]
            name = String(rest[rest.index(after: slash)...])
        } else {
            path = "/"
            name = rest
        }
        guard !name.isEmpty else { throw .validationError("Invalid ARN:  Could not be parsed!") }
        self = .customer(account: parsed.account, path: path, name: name)
    }
}

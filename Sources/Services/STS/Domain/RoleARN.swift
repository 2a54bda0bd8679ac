import ServiceKit

/// The ARN of a role, taken apart.
struct RoleARN: Sendable, Hashable {
    var account: String
    /// Begins and ends with a slash.
    var path: String
    var name: String

    /// - Throws: `ValidationError` if `text` is not the ARN of a role.
    init(_ text: String) throws(AWSError) {
        guard let arn = ARN(text), arn.service == "iam", arn.region.isEmpty, AccountID.isValid(arn.account),
            arn.resource.hasPrefix("role/"), let slash = arn.resource.lastIndex(of: "/")
        else { throw .validationError("\(text) is invalid") }
        account = arn.account
        path = String(arn.resource[arn.resource.index(arn.resource.startIndex, offsetBy: 4)...slash])
        name = String(arn.resource[arn.resource.index(after: slash)...])
        guard !name.isEmpty else { throw .validationError("\(text) is invalid") }
    }
}

import ServiceKit

/// Whom a permission is for, in the forms that `AddPermission` takes.
enum PermissionPrincipal: Sendable, Hashable {
    /// `*`
    case everyone
    /// An AWS service, such as `s3.amazonaws.com`.
    case service(String)
    /// The ARN of an account's root, a user, a role or a session of one. An account's number is its root.
    case aws(String)

    /// - Returns: nil for what AWS refuses as no principal.
    init?(_ text: String) {
        if text == "*" {
            self = .everyone
        } else if AccountID.isValid(text) {
            self = .aws("arn:aws:iam::\(text):root")
        } else if text.hasPrefix("arn:") {
            guard let arn = ARN(text), AccountID.isValid(arn.account), arn.region.isEmpty,
                Self.isIdentity(service: arn.service, resource: arn.resource)
            else { return nil }
            self = .aws(text)
        } else if Self.isService(text) {
            self = .service(text)
        } else {
            return nil
        }
    }

    private static func isIdentity(service: String, resource: String) -> Bool {
        let kinds =
            service == "iam" ? ["user/", "role/"] : service == "sts" ? ["assumed-role/", "federated-user/"] : []
        return service == "iam" && resource == "root"
            || kinds.contains { resource.hasPrefix($0) && resource.utf8.count > $0.utf8.count }
    }

    /// A name below one of the domains in which services' principals are.
    private static func isService(_ text: String) -> Bool {
        let domains = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal"]
        return text.utf8.count <= 253
            && domains.contains { text.hasSuffix($0) && text.utf8.count > $0.utf8.count }
            && text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && $0.allSatisfy(Self.isLabel)
            }
    }

    private static func isLabel(_ byte: UInt8) -> Bool {
        byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
            || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: "-")
    }

    var policyPrincipal: PolicyPrincipal {
        switch self {
        case .everyone: .everyone
        case .service(let name): .service(name)
        case .aws(let arn): .aws(arn)
        }
    }
}

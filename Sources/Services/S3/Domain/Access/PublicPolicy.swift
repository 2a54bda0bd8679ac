import ServiceKit

/// Whether a policy makes a bucket public: it lets in whom nothing fixed tells apart. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>.
enum PublicPolicy {
    static func isPublic(_ policy: PolicyDocument) -> Bool {
        policy.statements.contains { statement in
            guard statement.effect == .allow, let principals = statement.principals else { return false }
            let isForAll =
                principals.isNegated
                || principals.values.contains { principal in
                    switch principal {
                    case .everyone: true
                    case .aws(let value): value.contains("*")
                    case .service, .federated, .canonicalUser: false
                    }
                }
            return isForAll && !statement.conditions.contains(where: narrows)
        }
    }

    /// Keys whose fixed values say who is meant, in lower case.
    private static let narrowing: Set<String> = [
        "aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths",
        "aws:principalservicename", "aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceip",
        "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:userid", "aws:vpceaccount", "aws:vpceorgid",
        "s3:dataaccesspointarn", "s3:dataaccesspointaccount", "s3:x-amz-server-side-encryption-aws-kms-key-id",
    ]

    /// Whether a condition leaves only whom its values name: a comparison that asks for likeness, of a key that must be there, with
    /// values without wildcards and variables.
    private static func narrows(_ condition: PolicyCondition) -> Bool {
        let key = condition.key.lowercased()
        guard narrowing.contains(key), !condition.values.isEmpty else { return false }
        let operation = condition.operator
        // Without the key these hold.
        guard !operation.ifExists, operation.quantifier != .forAllValues else { return false }
        switch operation.comparison {
        case .ipAddress: return condition.values.allSatisfy(isFixedAddress)
        case .stringEquals, .stringEqualsIgnoreCase: return condition.values.allSatisfy { !$0.contains("${") }
        case .stringLike, .arnEquals, .arnLike: return condition.values.allSatisfy { isFixed($0, key) }
        default: return false
        }
    }

    private static func isFixed(_ value: String, _ key: String) -> Bool {
        if value.contains("${") { return false }
        guard value.contains(where: { $0 == "*" || $0 == "?" }) else { return true }
        // The name of an access point may be any, if the account is fixed.
        guard key == "s3:dataaccesspointarn" else { return false }
        let parts = value.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 && AccountID.isValid(parts[4])
    }

    /// Blocks up to /8 of IPv4 and /32 of IPv6 are taken for a place.
    private static func isFixedAddress(_ value: String) -> Bool {
        guard !value.contains("${") else { return false }
        let parts = value.split(separator: "/", maxSplits: 1)
        let isSix = value.contains(":")
        guard parts.count == 2 else { return true }
        guard let bits = Int(parts[1]) else { return false }
        return bits >= (isSix ? 32 : 8)
    }
}

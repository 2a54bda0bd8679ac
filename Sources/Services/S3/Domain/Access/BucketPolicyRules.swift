import ServiceKit

/// What S3 demands of a bucket's policy beyond the grammar, and whether a policy makes a bucket public.
enum BucketPolicyRules {
    /// In bytes.
    static let maximumLength = 20 * 1024

    static func parse(_ text: String, bucket: BucketRecord) throws -> PolicyDocument {
        guard text.utf8.count <= maximumLength else {
            throw malformed("Policy exceeds the maximum allowed document size.")
        }
        guard text.utf8.first == UInt8(ascii: "{") else {
            throw malformed("Policies must be valid JSON and the first byte must be '{'")
        }
        let policy: PolicyDocument
        do throws(PolicySyntaxError) {
            policy = try PolicyDocument(parsing: text)
        } catch {
            throw malformed(message(error))
        }
        for statement in policy.statements {
            guard statement.principals != nil else { throw malformed("Missing required field Principal") }
            guard let actions = statement.actions else { throw malformed("Missing required field Action") }
            guard let resources = statement.resources else { throw malformed("Missing required field Resource") }
            guard actions.values.allSatisfy({ $0 == "*" || $0.lowercased().hasPrefix("s3:") }) else {
                throw malformed("Policy has invalid action")
            }
            guard resources.values.allSatisfy({ isResource($0, of: bucket) }) else {
                throw malformed("Policy has invalid resource")
            }
        }
        return policy
    }

    private static func isResource(_ text: String, of bucket: BucketRecord) -> Bool {
        guard text.hasPrefix(bucket.arn) else {
            // Wildcards may stand for the bucket's name, too.
            return text == "*" || (text.hasPrefix("arn:aws:s3:::") && (text.contains("*") || text.contains("?")))
        }
        let rest = text.dropFirst(bucket.arn.count)
        return rest.isEmpty || rest.hasPrefix("/") || rest.hasPrefix("*")
    }

    private static func malformed(_ message: String) -> AWSError { .s3("MalformedPolicy", 400, message) }

    private static func message(_ error: PolicySyntaxError) -> String {
        switch error {
        case .notJSON, .leadingSpace: "Policies must be valid JSON and the first byte must be '{'"
        case .unknownField(let name): "Unknown field \(name)"
        case .missingField(let name): "Missing required field \(name)"
        case .conflictingFields(let one, let other): "Statement has both \(one) and \(other)"
        case .duplicateField(let name): "Duplicate field \(name)"
        case .invalidValue(let field): "Policy has invalid \(field)"
        case .invalidVersion: "Policy has invalid version"
        case .invalidEffect(let text): "Invalid effect: \(text)"
        case .unknownConditionOperator(let name): "Invalid Condition type : \(name)"
        case .unknownPrincipalType(let name): "Invalid principal type: \(name)"
        }
    }

    /// Whether a policy lets everybody in: a permission for everyone that no condition on who they are narrows. See
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>.
    static func isPublic(_ policy: PolicyDocument) -> Bool {
        policy.statements.contains { statement in
            guard statement.effect == .allow, let principals = statement.principals else { return false }
            let isForAll =
                principals.isNegated || principals.values.contains { $0 == .everyone || $0 == .aws("*") }
            return isForAll && !statement.conditions.contains { narrowing.contains($0.key.lowercased()) }
        }
    }

    private static let narrowing: Set<String> = [
        "aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:sourcearn", "aws:sourceaccount",
        "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:userid", "aws:sourceowner", "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
    ]
}

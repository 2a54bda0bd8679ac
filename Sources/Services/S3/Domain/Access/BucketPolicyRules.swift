import ServiceKit
import ServiceModel

/// What S3 demands of a bucket's policy beyond the grammar.
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
        for statement in policy.statements { try check(statement, bucket) }
        return policy
    }

    private static func check(_ statement: PolicyStatement, _ bucket: BucketRecord) throws {
        guard let principals = statement.principals else { throw malformed("Missing required field Principal") }
        guard let actions = statement.actions else { throw malformed("Missing required field Action") }
        guard let resources = statement.resources else { throw malformed("Missing required field Resource") }
        guard !principals.values.isEmpty, principals.values.allSatisfy(isPrincipal) else {
            throw malformed("Invalid principal in policy")
        }
        let known = try actions.values.map { action in
            let levels = PolicyActions.levels(of: action)
            if levels.isEmpty { throw malformed("Policy has invalid action") }
            return levels
        }
        let places = try resources.values.map { resource in
            guard let place = place(resource, bucket) else { throw malformed("Policy has invalid resource") }
            return place
        }
        if !actions.isNegated, !resources.isNegated {
            let present = places.reduce(into: PolicyActions.Level()) { $0.formUnion($1) }
            guard known.allSatisfy({ !$0.isDisjoint(with: present) }) else {
                throw malformed("Action does not apply to any resource(s) in statement")
            }
        }
        for condition in statement.conditions {
            guard RequestKeys.isKey(condition.key) else { throw malformed("Policy has an invalid condition key") }
            guard condition.malformedValue == nil else { throw malformed("Invalid policy syntax.") }
        }
    }

    /// What a resource is, if it can be in this bucket: the bucket, its objects, or both.
    private static func place(_ text: String, _ bucket: BucketRecord) -> PolicyActions.Level? {
        if text == "*" { return [.bucket, .object] }
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[1] == "aws" || parts[1] == "*", parts[2] == "s3",
            parts[3].isEmpty || parts[3] == "*", parts[4].isEmpty || parts[4] == "*"
        else { return nil }
        // A variable may stand for anything.
        let resource = String(parts[5]).replacing(#/\$\{[^}]*\}/#, with: "*")
        guard let slash = resource.firstIndex(of: "/") else {
            guard PolicyPattern.matches(resource, bucket.name) else {
                // A star at the end may eat the slash.
                return PolicyPattern.matches(resource, bucket.name + "/") ? .object : nil
            }
            return resource.hasSuffix("*") ? [.bucket, .object] : .bucket
        }
        return PolicyPattern.matches(String(resource[..<slash]), bucket.name) ? .object : nil
    }

    private static func isPrincipal(_ principal: PolicyPrincipal) -> Bool {
        switch principal {
        case .everyone: return true
        case .service(let name): return name.contains(".")
        case .federated(let name): return !name.isEmpty
        case .canonicalUser(let id): return id.utf8.count == 64 && Hexadecimal.decode(id) != nil
        case .aws(let value):
            if value == "*" || AccountID.isValid(value) { return true }
            // The unique ids of users and roles.
            if value.hasPrefix("AIDA") || value.hasPrefix("AROA") {
                return value.utf8.count >= 16
                    && value.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) }
            }
            guard let arn = ARN(value), AccountID.isValid(arn.account), arn.region.isEmpty else { return false }
            switch (arn.service, arn.typed?.type) {
            case ("iam", nil): return arn.resource == "root"
            case ("iam", "user"?), ("iam", "role"?), ("sts", "assumed-role"?), ("sts", "federated-user"?):
                return arn.typed?.name.isEmpty == false && !value.contains("*")
            default: return false
            }
        }
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
}

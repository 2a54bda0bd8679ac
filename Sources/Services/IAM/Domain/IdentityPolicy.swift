import ServiceKit

/// The rules for policies that are attached to an identity, inline or managed, and what IAM answers when they are
/// broken.
enum IdentityPolicy {
    enum Kind: Sendable { case inline, managed }

    /// - Throws: `MalformedPolicyDocument`.
    static func check(_ text: String, _ kind: Kind) throws(AWSError) {
        let document: PolicyDocument
        do { document = try PolicyDocument(parsing: text) } catch { throw malformed(message(error)) }
        // Inline policies may still be of the old version, or of none.
        if kind == .managed, document.version != .v2012 {
            throw malformed("Policy document must be version 2012-10-17 or greater.")
        }
        guard !document.statements.isEmpty else { throw malformed("Syntax errors in policy.") }
        var sids: Set<String> = []
        for statement in document.statements {
            if statement.principals != nil { throw malformed("Policy document should not specify a principal.") }
            guard let actions = statement.actions, !actions.values.isEmpty else {
                throw malformed("Policy statement must contain actions.")
            }
            guard let resources = statement.resources, !resources.values.isEmpty else {
                throw malformed("Policy statement must contain resources.")
            }
            if let sid = statement.sid, !sid.isEmpty {
                guard sid.utf8.allSatisfy(isAlphanumeric) else {
                    throw malformed(
                        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
                    )
                }
                guard sids.insert(sid).inserted else {
                    throw malformed("Statement IDs (SID) in a single policy must be unique.")
                }
            }
            for action in actions.values { try checkVendor(action, allowsStar: true) }
            for condition in statement.conditions { try checkVendor(condition.key, allowsStar: false) }
            for resource in resources.values { try check(resource: resource) }
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        ServiceName.isLabelByte(byte) && byte != UInt8(ascii: "-") && byte != UInt8(ascii: "_")
    }

    /// An action or a condition key: `vendor:name`. Keys of tags may hold further colons.
    private static func checkVendor(_ text: String, allowsStar: Bool) throws(AWSError) {
        if allowsStar, text == "*" { return }
        guard let colon = text.firstIndex(of: ":") else {
            throw malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        }
        if allowsStar, text[text.index(after: colon)...].contains(":") {
            throw malformed("Actions/Condition can contain only one colon.")
        }
        let vendor = text[..<colon]
        guard !vendor.isEmpty,
            vendor.utf8.allSatisfy({ ServiceName.isLabelByte($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }
            )
        else { throw malformed("Vendor \(vendor) is not valid") }
    }

    private static func check(resource: String) throws(AWSError) {
        // A policy variable may stand for anything.
        if resource == "*" || resource.hasPrefix("${") { return }
        let parts = resource.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts[0] == "arn", parts.count > 1 else {
            throw malformed("Resource \(resource) must be in ARN format or \"*\".")
        }
        guard parts[1] == "*" || parts[1] == "aws" || parts[1].hasPrefix("aws-") || parts[1].hasPrefix("${") else {
            throw malformed("Partition \"\(parts[1])\" is not valid for resource \"\(resource)\".")
        }
        // A star at the end may stand for all the parts that are missing.
        guard parts.count == 6 || parts.last?.hasSuffix("*") == true, parts.count > 2 else {
            throw malformed("The policy failed legacy parsing")
        }
        let vendor = parts[2]
        guard parts.count < 6 || !vendor.isEmpty && !vendor.contains("*") && !vendor.contains("?") else {
            throw malformed("Resource vendor must be fully qualified and cannot contain regexes.")
        }
        guard parts.count == 6 else { return }
        if vendor == "s3", !parts[3].isEmpty, parts[3] != "*", !parts[5].hasPrefix("accesspoint"),
            !parts[5].hasPrefix("storage-lens"),
            !parts[5].hasPrefix("job"), !parts[5].hasPrefix("access-grants")
        {
            throw malformed("Resource \(resource) can not contain region information.")
        }
        if vendor == "iam" {
            guard parts[3].isEmpty || parts[3] == "*" else {
                throw malformed("IAM resource \(resource) cannot contain region information.")
            }
            guard
                iamResources.contains(where: { parts[5].hasPrefix($0) }) || parts[5].hasPrefix("*")
                    || parts[5] == "root"
            else {
                throw malformed(
                    "IAM resource path must either be \"*\" or start with " + iamResources.joined(separator: ", ") + "."
                )
            }
        }
    }

    private static let iamResources = [
        "user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/",
        "sms-mfa/",
        "saml-provider/", "oidc-provider/", "report/", "access-report/",
    ]

    private static func malformed(_ message: String) -> AWSError { IAMError.malformedPolicyDocumentException(message) }

    private static func message(_ error: PolicySyntaxError) -> String {
        switch error {
        case .leadingSpace: "JSON strings must not have leading spaces"
        default: "Syntax errors in policy."
        }
    }
}

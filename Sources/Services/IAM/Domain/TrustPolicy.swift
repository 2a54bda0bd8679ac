import ServiceKit

/// The rules for a role's trust policy, and what IAM answers when they are broken.
enum TrustPolicy {
    /// What may be allowed by a trust policy.
    private static let actions = [
        "sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession",
        "sts:SetSourceIdentity",
        "sts:SetContext",
    ]

    /// - Returns: the ARNs of roles that the policy names, which must exist.
    /// - Throws: `MalformedPolicyDocument`, or `LimitExceeded` if it is too long.
    @discardableResult
    static func check(_ text: String) throws(AWSError) -> [ARN] {
        let document: PolicyDocument
        do { document = try PolicyDocument(parsing: text) } catch { throw malformed(message(error)) }
        guard !document.statements.isEmpty else { throw malformed("Syntax errors in policy.") }
        var roles: [ARN] = []
        for statement in document.statements {
            if let resources = statement.resources {
                throw malformed("Has prohibited field \(resources.isNegated ? "NotResource" : "Resource")")
            }
            guard let principals = statement.principals else { throw malformed("Missing required field Principal") }
            if principals.isNegated { throw malformed("Has prohibited field NotPrincipal") }
            if principals.values.isEmpty { throw malformed("Missing required field Principal cannot be empty!") }
            guard let actions = statement.actions else { throw malformed("Missing required field Action") }
            guard !actions.isNegated, !actions.values.isEmpty, actions.values.allSatisfy(isAssumeAction) else {
                throw malformed("AssumeRole policy may only specify STS AssumeRole actions.")
            }
            for principal in principals.values {
                if let role = try check(principal) { roles.append(role) }
            }
        }
        guard IAMQuotas.size(ofPolicy: text) <= IAMQuotas.trustPolicySize else {
            throw IAMError.limitExceededException(
                "Cannot exceed quota for ACLSizePerRole: \(IAMQuotas.trustPolicySize)")
        }
        return roles
    }

    private static func isAssumeAction(_ action: String) -> Bool {
        action.lowercased().hasPrefix("sts:")
            && actions.contains { PolicyPattern.matches(action, $0, ignoringCase: true) }
    }

    /// - Returns: the ARN of a role that must exist.
    private static func check(_ principal: PolicyPrincipal) throws(AWSError) -> ARN? {
        switch principal {
        case .everyone:
            throw malformed("AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\".")
        case .aws(let value):
            if value == "*" || AccountID.isValid(value) { return nil }
            guard let arn = ARN(value), AccountID.isValid(arn.account), arn.region.isEmpty else {
                throw invalid(principal)
            }
            switch (arn.service, arn.typed?.type) {
            case ("iam", nil) where arn.resource == "root": return nil
            case ("iam", "role"): return arn
            case ("iam", "user"), ("sts", "assumed-role"), ("sts", "federated-user"): return nil
            default: throw invalid(principal)
            }
        case .service(let name):
            guard isServiceName(name) else {
                throw malformed("Invalid principal in policy: \"SERVICE\":\"\(name)\"")
            }
            return nil
        case .federated(let name):
            if let arn = ARN(name), arn.service == "iam", let type = arn.typed?.type,
                type == "saml-provider" || type == "oidc-provider"
            {
                return nil
            }
            guard isDomain(name) else {
                throw malformed("Federated principals must be valid domain names or SAML metadata ARNs")
            }
            return nil
        case .canonicalUser: throw invalid(principal)
        }
    }

    private static func isServiceName(_ name: String) -> Bool {
        isDomain(name)
            && [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal"].contains { name.hasSuffix($0) }
    }

    private static func isDomain(_ name: String) -> Bool {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2
            && labels.allSatisfy { label in
                !label.isEmpty && label.utf8.allSatisfy { ServiceName.isLabelByte($0) }
            }
    }

    private static func invalid(_ principal: PolicyPrincipal) -> AWSError {
        let (type, value) = principal.written
        return malformed("Invalid principal in policy: \"\(type)\":\"\(value)\"")
    }

    /// What IAM answers if a role that the policy names does not exist.
    static func unknownRole(_ arn: ARN) -> AWSError { invalid(.aws(arn.description)) }

    private static func malformed(_ message: String) -> AWSError { IAMError.malformedPolicyDocumentException(message) }

    private static func message(_ error: PolicySyntaxError) -> String {
        switch error {
        case .notJSON: "This policy contains invalid Json"
        case .leadingSpace: "JSON strings must not have leading spaces"
        case .unknownField(let name): "Unknown field \(name)"
        case .missingField(let name): "Missing required field \(name)"
        case .conflictingFields(let name, _), .duplicateField(let name):
            "Statement/policy already has instance of \(name)"
        case .invalidVersion: "The policy must contain a valid version string"
        case .invalidEffect(let effect): "Invalid effect: \(effect)"
        case .unknownConditionOperator(let name): "Invalid Condition type : \(name)"
        case .unknownPrincipalType(let type): "Unknown principal type \(type)"
        case .invalidValue: "Syntax errors in policy."
        }
    }
}

import ServiceKit

/// What Lambda asks of a role's trust policy: that the service may assume the role.
enum ExecutionRoleTrust {
    /// Whether the policy lets Lambda assume the role for functions of `account`. A condition that cannot be evaluated
    /// is taken to hold: AWS knows more of the request than this does.
    static func allows(_ document: String, account: String) -> Bool {
        guard let policy = try? PolicyDocument(parsing: document) else { return false }
        let lambda = Principal.service(name: "lambda.amazonaws.com", sourceARN: nil, account: account)
        return switch TrustEvaluation(principal: lambda).decide(policy, action: "sts:AssumeRole") {
        case .allowed, .undecidable: true
        case .denied, .silent: false
        }
    }
}

import Foundation

/// Who may use a layer version beside its own account.
/// https://docs.aws.amazon.com/lambda/latest/dg/permissions-layer-cross-account.html
struct LayerPolicy: Sendable, Hashable {
    struct Statement: Sendable, Hashable, Codable {
        var id: String
        /// An account's number, the ARN of its root, or `*`.
        var principal: String
        /// Restricts `*` to an organization.
        var organization: String?
    }

    var statements: [Statement] = []
    /// Changes with every change of the policy.
    var revisionID = ""

    /// Whether principals of the account may use the layer version. There are no organizations here: a statement for one
    /// allows nobody.
    func allows(account: String) -> Bool {
        statements.contains { statement in
            guard statement.organization == nil else { return false }
            return statement.principal == "*" || statement.principal == account
                || statement.principal.hasSuffix(":iam::\(account):root")
        }
    }

    /// The policy document for a layer version, as compact JSON.
    func document(resource: String) -> String {
        let list = statements.map { $0.document(resource: resource) }.joined(separator: ",")
        return #"{"Version":"2012-10-17","Id":"default","Statement":[\#(list)]}"#
    }
}

extension LayerPolicy.Statement {
    /// The statement as AWS shows it. The parts were validated: none needs escaping.
    func document(resource: String) -> String {
        let principal: String
        if self.principal == "*" {
            principal = #""*""#
        } else {
            let isAccount = FunctionReference.isAccount(self.principal)
            principal = #"{"AWS":"\#(isAccount ? "arn:aws:iam::\(self.principal):root" : self.principal)"}"#
        }
        let condition =
            organization.map { #","Condition":{"StringEquals":{"aws:PrincipalOrgID":"\#($0)"}}"# } ?? ""
        return #"{"Sid":"\#(id)","Effect":"Allow","Principal":\#(principal),"Action":"lambda:GetLayerVersion","#
            + #""Resource":"\#(resource)"\#(condition)}"#
    }
}

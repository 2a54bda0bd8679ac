import ServiceKit

/// Who may invoke a function, a version or an alias, beside those whose own policies say so. Each of the three has a policy of its own.
/// https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
struct ResourcePolicy: Sendable, Hashable {
    /// In the order in which they were added.
    let statements: [PermissionStatement]
    /// Changes with every change of the policy.
    let revisionID: String
    /// What is evaluated.
    private let document: PolicyDocument

    init(statements: [PermissionStatement], revisionID: String) {
        self.statements = statements
        self.revisionID = revisionID
        document = PolicyDocument(statements: statements.map(\.policyStatement))
    }

    /// The policy document as AWS shows it, compact JSON.
    func document(resource: String) -> String {
        let list = statements.map { $0.document(resource: resource) }.joined(separator: ",")
        return #"{"Version":"2012-10-17","Id":"default","Statement":[\#(list)]}"#
    }

    /// The policy with one more statement.
    /// - Throws: AWS's errors for a statement whose id is there already, and for a policy that is too long.
    func adding(_ statement: PermissionStatement, revisionID: String, resource: String) throws -> ResourcePolicy {
        guard !statements.contains(where: { $0.id == statement.id }) else {
            throw LambdaFailures.statementExists(statement.id)
        }
        let policy = ResourcePolicy(statements: statements + [statement], revisionID: revisionID)
        let size = policy.document(resource: resource).utf8.count
        guard size <= LambdaLimits.policy else { throw LambdaFailures.policyTooLong(size) }
        return policy
    }

    /// The policy without a statement.
    /// - Throws: `ResourceNotFoundException` if it has no such statement.
    /// - Returns: nil if nothing is left.
    func removing(_ id: String, revisionID: String) throws -> ResourcePolicy? {
        let rest = statements.filter { $0.id != id }
        guard rest.count < statements.count else { throw LambdaFailures.statementNotFound(id) }
        return rest.isEmpty ? nil : ResourcePolicy(statements: rest, revisionID: revisionID)
    }

    /// Condition keys that Lambda's requests have or are known not to have. There are no organizations here.
    private static let keys: Set<String> = [
        "aws:principalorgid", "lambda:eventsourcetoken", "lambda:functionurlauthtype", "lambda:invokedviafunctionurl",
    ]

    /// Whether the policy itself lets a principal do something. `context` are the condition keys of the request beside those that the
    /// principal brings along, in lower case.
    func allows(_ action: String, by principal: Principal, context: [String: String] = [:]) -> Bool {
        var evaluation = TrustEvaluation(principal: principal, more: context, knowing: Self.keys)
        evaluation.admitsAnonymous = true
        return evaluation.decide(document, action: action) == .allowed
    }
}

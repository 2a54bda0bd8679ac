import Execution
import ServiceKit

/// One statement of a function's resource policy, as `AddPermission` makes it.
/// https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
struct PermissionStatement: Sendable, Hashable, Codable {
    /// The statement's id.
    var id: String
    /// As it was given; ``PermissionPrincipal`` reads it.
    var principal: String
    /// Such as `lambda:InvokeFunction`.
    var action: String
    var sourceARN: String?
    var sourceAccount: String?
    var organization: String?
    var eventSourceToken: String?
    /// `NONE` or `AWS_IAM`.
    var urlAuthType: String?
    var viaURL: Bool?

    /// The conditions, with operators and keys as AWS writes them.
    var conditions: [PolicyCondition] {
        let equal = PolicyCondition.Operator(.stringEquals)
        let conditions = [
            sourceAccount.map { PolicyCondition(equal, key: "AWS:SourceAccount", values: [$0]) },
            eventSourceToken.map { PolicyCondition(equal, key: "lambda:EventSourceToken", values: [$0]) },
            urlAuthType.map { PolicyCondition(equal, key: "lambda:FunctionUrlAuthType", values: [$0]) },
            organization.map { PolicyCondition(equal, key: "aws:PrincipalOrgID", values: [$0]) },
            viaURL.map { PolicyCondition(.init(.bool), key: "lambda:InvokedViaFunctionUrl", values: ["\($0)"]) },
            sourceARN.map { PolicyCondition(.init(.arnLike), key: "AWS:SourceArn", values: [$0]) },
        ]
        return conditions.compactMap(\.self)
    }

    /// What is evaluated. A principal that is not understood any more matches nobody.
    var policyStatement: PolicyStatement {
        PolicyStatement(
            sid: id, effect: .allow,
            principals: PolicyElement(PermissionPrincipal(principal).map { [$0.policyPrincipal] } ?? []),
            actions: PolicyElement([action]), conditions: conditions)
    }

    /// The statement as AWS shows it, compact JSON.
    func document(resource: String) -> String {
        let principal =
            switch PermissionPrincipal(principal) {
            case .service(let name): JSONText.object([("Service", name)])
            case .aws(let arn): JSONText.object([("AWS", arn)])
            case .everyone, nil: JSONText.string(principal)
            }
        var members = [
            ("Sid", JSONText.string(id)), ("Effect", JSONText.string("Allow")), ("Principal", principal),
            ("Action", JSONText.string(action)), ("Resource", JSONText.string(resource)),
        ]
        var operators: [(String, String)] = []
        for name in ["StringEquals", "Bool", "ArnLike"] {
            let keys = conditions.filter { $0.operator.comparison.rawValue == name }
            guard !keys.isEmpty else { continue }
            operators.append((name, JSONText.object(keys.map { ($0.key, $0.values.joined()) })))
        }
        if !operators.isEmpty { members.append(("Condition", JSONText.raw(operators))) }
        return JSONText.raw(members)
    }
}

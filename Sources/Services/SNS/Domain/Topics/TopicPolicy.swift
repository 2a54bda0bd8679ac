import ServiceKit

/// Who may do what with a topic: its resource policy.
/// https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
enum TopicPolicy {
    /// The operations that policies of topics speak of.
    static let actions: Set<String> = [
        "GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe",
        "ListSubscriptionsByTopic", "Publish", "Receive", "GetDataProtectionPolicy", "PutDataProtectionPolicy",
        "ListTagsForResource", "TagResource", "UntagResource",
    ]

    /// The policy of a topic that was given none: everybody of its account may use it.
    static func standard(_ key: TopicKey) -> String {
        let actions = [
            "GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic",
            "Subscribe", "ListSubscriptionsByTopic", "Publish",
        ]
        return JSONNode.object(
            ("Version", "2008-10-17"), ("Id", "__default_policy_ID"),
            (
                "Statement",
                .array([
                    .object(
                        ("Sid", "__default_statement_ID"), ("Effect", "Allow"), ("Principal", .object(("AWS", "*"))),
                        ("Action", .array(actions.map { .string("SNS:\($0)") })), ("Resource", .string(key.arn)),
                        (
                            "Condition",
                            .object(("StringEquals", .object(("AWS:SourceOwner", .string(key.account)))))
                        ))
                ])
            )
        ).compact
    }

    /// Refuses what is no policy of a topic.
    static func check(_ text: String, prefix: String = "") throws(AWSError) {
        guard text.utf8.count <= 30_720 else { throw SNSFailures.invalid("\(prefix)Policy Error: policy is too long") }
        let policy: PolicyDocument
        do {
            policy = try PolicyDocument(parsing: text)
        } catch {
            throw SNSFailures.invalid("\(prefix)Policy Error: null")
        }
        for statement in policy.statements {
            guard statement.principals != nil, let actions = statement.actions, statement.resources != nil else {
                throw SNSFailures.invalid("\(prefix)Policy Error: null")
            }
            for action in actions.values where !isInScope(action) {
                throw SNSFailures.invalid("\(prefix)Policy statement action out of service scope!")
            }
        }
    }

    private static func isInScope(_ action: String) -> Bool {
        let lowered = action.lowercased()
        if lowered == "*" { return true }
        guard lowered.hasPrefix("sns:") else { return false }
        return actions.contains { PolicyPattern.matches(lowered, "sns:\($0)", ignoringCase: true) }
    }

    // MARK: Permissions

    /// The policy with a further statement.
    static func adding(
        _ label: String, accounts: [String], actions names: [String], to text: String, _ key: TopicKey
    ) throws(AWSError) -> String {
        guard var policy = JSONNode(text), policy.members != nil else {
            throw SNSFailures.invalid("Policy Error: null")
        }
        var statements = statements(policy)
        guard !statements.contains(where: { $0["Sid"]?.text == label }) else {
            throw SNSFailures.invalid("Statement already exists")
        }
        for name in names where !actions.contains(name) && name != "*" {
            throw SNSFailures.invalid("Policy statement action out of service scope!")
        }
        for account in accounts where !AccountID.isValid(account) {
            throw SNSFailures.invalid("Policy Error: null")
        }
        let principals = accounts.map { JSONNode.string("arn:aws:iam::\($0):root") }
        let granted = names.map { JSONNode.string("SNS:\($0)") }
        statements.append(
            .object(
                ("Sid", .string(label)), ("Effect", "Allow"),
                ("Principal", .object(("AWS", principals.count == 1 ? principals[0] : .array(principals)))),
                ("Action", granted.count == 1 ? granted[0] : .array(granted)), ("Resource", .string(key.arn))))
        guard statements.count <= 100 else { throw SNSFailures.invalid("Policy Error: too many statements") }
        policy.set("Statement", .array(statements))
        return policy.compact
    }

    /// The policy without the statement of this label; as it was if there is none.
    static func removing(_ label: String, from text: String) -> String {
        guard var policy = JSONNode(text), policy.members != nil else { return text }
        let statements = statements(policy)
        let kept = statements.filter { $0["Sid"]?.text != label }
        if kept.count == statements.count { return text }
        policy.set("Statement", .array(kept))
        return policy.compact
    }

    private static func statements(_ policy: JSONNode) -> [JSONNode] {
        switch policy["Statement"] {
        case .array(let statements)?: statements
        case .some(let statement): [statement]
        case nil: []
        }
    }

    // MARK: Evaluation

    /// Whether the principal may do it. `parsed` is the topic's policy, if it was read before. Those of the topic's own account may unless the policy denies it: what else binds them is for
    /// their own policies to say.
    static func permits(
        _ action: String, by principal: Principal, on topic: TopicRecord, isSecure: Bool, more: [String: String] = [:],
        parsed: PolicyDocument? = nil
    ) -> Bool {
        let isOwn = principal.account == topic.key.account && !principal.isService
        // Nearly every topic has the policy that it began with, which grants no stranger anything.
        if topic.attributes["Policy"] == nil { return isOwn }
        guard let policy = parsed ?? (try? PolicyDocument(parsing: topic.policyText)) else { return isOwn }
        var evaluation = TrustEvaluation(
            principal: principal, more: context(principal, isSecure: isSecure, more),
            knowing: [
                "aws:sourcevpc", "aws:sourcevpce", "aws:principalorgid", "aws:sourceorgid", "aws:calledvia",
                "aws:sourceowner", "sns:endpoint", "sns:protocol",
            ])
        evaluation.admitsAnonymous = true
        let about = policy.statements.filter { $0.concerns(topic.arn) }.map(\.admittingServices)
        let denials = PolicyDocument(
            statements: about.filter { $0.effect == .deny }.map {
                var statement = $0
                statement.effect = .allow
                return statement
            })
        guard case .denied = evaluation.decide(denials, action: action) else { return false }
        if isOwn { return true }
        return evaluation.decide(
            PolicyDocument(statements: about.filter { $0.effect == .allow }), action: action) == .allowed
    }

    private static func context(_ principal: Principal, isSecure: Bool, _ more: [String: String]) -> [String: String] {
        var context = more
        context["aws:securetransport"] = isSecure ? "true" : "false"
        // Services have to be let in by name, or as the source that they act for.
        if !principal.isService, let account = principal.account { context["aws:sourceowner"] = account }
        return context
    }
}

extension Principal {
    var isService: Bool { if case .service = self { true } else { false } }
}

extension PolicyStatement {
    fileprivate func concerns(_ arn: String) -> Bool {
        guard let resources else { return true }
        return resources.values.contains { PolicyPattern.matches($0, arn) } != resources.isNegated
    }

    /// In policies of topics `"AWS": "*"` is everybody, services too: conditions on the source tell them apart.
    fileprivate var admittingServices: PolicyStatement {
        var statement = self
        statement.principals?.values = (principals?.values ?? []).map { $0 == .aws("*") ? .everyone : $0 }
        return statement
    }
}

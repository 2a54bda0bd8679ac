import ServiceKit
import ServiceModel

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
        return JSONValue.object(
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
        guard var policy = PolicyText(text) else { throw SNSFailures.invalid("Policy Error: null") }
        guard !policy.contains(label) else { throw SNSFailures.invalid("Statement already exists") }
        for name in names where !actions.contains(name) && name != "*" {
            throw SNSFailures.invalid("Policy statement action out of service scope!")
        }
        for account in accounts where !AccountID.isValid(account) {
            throw SNSFailures.invalid("Policy Error: null")
        }
        policy.allow(label, accounts: accounts, actions: names.map { "SNS:\($0)" }, on: key.arn)
        guard policy.count <= 100 else { throw SNSFailures.invalid("Policy Error: too many statements") }
        return policy.text
    }

    /// The policy without the statement of this label; as it was if there is none.
    static func removing(_ label: String, from text: String) -> String {
        guard var policy = PolicyText(text), policy.remove(label) else { return text }
        return policy.text
    }

    // MARK: Evaluation

    /// Whether the principal may do it. Those of the topic's own account may unless the policy denies it: what else binds them is for
    /// their own policies to say. `parsed` is the topic's policy, if it was read before.
    static func permits(
        _ action: String, by principal: Principal, on topic: TopicRecord, more: [String: String] = [:],
        parsed: PolicyDocument? = nil
    ) -> Bool {
        let isOwn = principal.account == topic.key.account && !principal.isService
        // Nearly every topic has the policy that it began with, which grants no stranger anything.
        if topic.attributes["Policy"] == nil { return isOwn }
        guard let policy = parsed ?? (try? PolicyDocument(parsing: topic.policyText)) else { return isOwn }
        var evaluation = TrustEvaluation(
            principal: principal, more: context(principal, more),
            knowing: Call.policyKeyNames.union([
                "aws:principalorgid", "aws:sourceorgid", "aws:sourceowner", "sns:endpoint", "sns:protocol",
            ]))
        evaluation.admitsAnonymous = true
        // Conditions on the source tell services apart.
        evaluation.starMeansServices = true
        switch evaluation.decide(policy, action: action, resource: topic.arn) {
        case .allowed: return true
        case .denied, .undecidable(_, .deny): return false
        case .silent, .undecidable(_, .allow): return isOwn
        }
    }

    private static func context(_ principal: Principal, _ more: [String: String]) -> [String: String] {
        var context = more
        // Services have to be let in by name, or as the source that they act for.
        if !principal.isService, let account = principal.account { context["aws:sourceowner"] = account }
        return context
    }
}

extension Principal {
    var isService: Bool { if case .service = self { true } else { false } }
}

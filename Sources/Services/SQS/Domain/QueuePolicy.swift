import ServiceKit

/// Who may use a queue, beside its owner.
struct QueuePolicy: Sendable, Hashable {
    /// As it is shown.
    let text: String
    private let document: PolicyDocument

    /// - Throws: AWS's errors.
    init(parsing text: String) throws(AWSError) {
        do throws(PolicySyntaxError) {
            document = try PolicyDocument(parsing: text)
        } catch {
            throw SQSFailures.invalidAttribute("Policy")
        }
        self.text = text
    }

    /// Whether the policy lets `principal` do `action`, such as `SendMessage`, to a queue. Those of the queue's own account may unless it
    /// denies it: what else binds them is for their own policies to say. `more` are the condition keys of the request beside those
    /// that the principal brings along, in lower case.
    func allows(
        _ action: String, on queue: QueueKey, by principal: Principal, more: [String: String] = [:]
    ) -> Bool {
        var evaluation = TrustEvaluation(
            principal: principal, more: more,
            knowing: Call.policyKeyNames.union(["aws:principalorgid", "aws:sourceorgid"]))
        evaluation.admitsAnonymous = true
        switch evaluation.decide(document, action: "sqs:\(action)", resource: queue.arn) {
        case .allowed: return true
        case .denied, .undecidable(_, .deny): return false
        case .silent, .undecidable(_, .allow):
            if case .service = principal { return false }
            return principal.account == queue.account
        }
    }

    /// The operations that a policy made by AddPermission can grant.
    static let grantable: Set<String> = [
        "*", "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes",
        "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue",
    ]

    /// A policy with one more statement.
    /// `policy`: nil if there is none yet.
    static func adding(
        _ label: String, accounts: [String], actions: [String], to policy: QueuePolicy?, of queue: QueueKey
    ) throws(AWSError) -> QueuePolicy {
        var changed = policy.flatMap { PolicyText($0.text) } ?? PolicyText(id: "\(queue.arn)/SQSDefaultPolicy")
        guard !changed.contains(label) else {
            throw SQSFailures.invalidParameter(label, "Label", "Already exists.")
        }
        changed.allow(label, accounts: accounts, actions: actions.map { "SQS:\($0)" }, on: queue.arn)
        guard changed.count <= 20 else {
            throw SQSError.overLimit("\(changed.count) statements were found, maximum allowed is 20.")
        }
        return try QueuePolicy(parsing: changed.text)
    }

    /// A policy without a statement; nil if none is left.
    static func removing(_ label: String, from policy: QueuePolicy?) throws(AWSError) -> QueuePolicy? {
        guard var changed = policy.flatMap({ PolicyText($0.text) }), changed.remove(label) else {
            throw SQSFailures.invalidParameter(label, "Label", "can't find label.")
        }
        return changed.count == 0 ? nil : try QueuePolicy(parsing: changed.text)
    }
}

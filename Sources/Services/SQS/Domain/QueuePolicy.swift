import ServiceKit

/// Who may use a queue, beside its owner.
struct QueuePolicy: Sendable, Hashable {
    /// As it is shown.
    let text: String
    private let document: PolicyDocument
    private let hasDenials: Bool

    /// - Throws: AWS's errors.
    init(parsing text: String) throws(AWSError) {
        do throws(PolicySyntaxError) {
            document = try PolicyDocument(parsing: text)
        } catch {
            throw SQSFailures.invalidAttribute("Policy")
        }
        self.text = text
        hasDenials = document.statements.contains { $0.effect == .deny }
    }

    /// Whether the policy lets `principal` do `action`, such as `SendMessage`, to a queue.
    func allows(_ action: String, on queue: QueueKey, by principal: Principal) -> Bool {
        decide(statements(on: queue), action, principal) == .allowed
    }

    /// Whether the policy denies it expressly, or may do so by a condition that cannot be evaluated.
    func denies(_ action: String, on queue: QueueKey, to principal: Principal) -> Bool {
        guard hasDenials else { return false }
        let denials = statements(on: queue).filter { $0.effect == .deny }
        // What is denied is what these would allow.
        let allowed = denials.map { statement in
            var statement = statement
            statement.effect = .allow
            return statement
        }
        return decide(allowed, action, principal) != .denied
    }

    private func statements(on queue: QueueKey) -> [PolicyStatement] {
        document.statements.filter { statement in
            guard let resources = statement.resources else { return true }
            return resources.values.contains { PolicyPattern.matches($0, queue.arn) } != resources.isNegated
        }
    }

    private func decide(_ statements: [PolicyStatement], _ action: String, _ principal: Principal)
        -> TrustEvaluation.Decision
    {
        var fitting = document
        fitting.statements = statements
        var evaluation = TrustEvaluation(
            principal: principal,
            knowing: ["aws:principalorgid", "aws:sourceorgid", "aws:securetransport", "aws:sourcevpce"])
        evaluation.admitsAnonymous = true
        return evaluation.decide(fitting, action: "sqs:\(action)")
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
        var object =
            policy.flatMap { JSONObject.parse($0.text) }
            ?? ["Version": "2008-10-17", "Id": "\(queue.arn)/SQSDefaultPolicy"]
        var statements = Self.statements(object)
        guard !statements.contains(where: { $0["Sid"] as? String == label }) else {
            throw SQSFailures.invalidParameter(label, "Label", "Already exists.")
        }
        let principals = accounts.map { "arn:aws:iam::\($0):root" }
        let names = actions.map { "SQS:\($0)" }
        statements.append([
            "Sid": label, "Effect": "Allow", "Principal": ["AWS": one(principals)], "Action": one(names),
            "Resource": queue.arn,
        ])
        guard statements.count <= 20 else {
            throw SQSError.overLimit("\(statements.count) statements were found, maximum allowed is 20.")
        }
        object["Statement"] = statements
        return try QueuePolicy(parsing: JSONObject.text(object))
    }

    /// A policy without a statement; nil if none is left.
    static func removing(_ label: String, from policy: QueuePolicy?) throws(AWSError) -> QueuePolicy? {
        var object = policy.flatMap { JSONObject.parse($0.text) } ?? [:]
        let statements = Self.statements(object)
        let rest = statements.filter { $0["Sid"] as? String != label }
        guard rest.count < statements.count else {
            throw SQSFailures.invalidParameter(label, "Label", "can't find label.")
        }
        if rest.isEmpty { return nil }
        object["Statement"] = rest
        return try QueuePolicy(parsing: JSONObject.text(object))
    }

    private static func statements(_ object: [String: Any]) -> [[String: Any]] {
        if let one = object["Statement"] as? [String: Any] { return [one] }
        return object["Statement"] as? [[String: Any]] ?? []
    }

    private static func one(_ values: [String]) -> Any { values.count == 1 ? values[0] : values }
}

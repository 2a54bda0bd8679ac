import ServiceKit

extension SQSService {
    /// What other accounts can never be allowed by a queue's policy.
    /// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-customer-managed-policy-examples.html
    private static let ownersOnly: Set<String> = [
        "AddPermission", "CancelMessageMoveTask", "CreateQueue", "DeleteQueue", "ListMessageMoveTasks", "ListQueues",
        "ListQueueTags", "RemovePermission", "SetQueueAttributes", "StartMessageMoveTask", "TagQueue", "UntagQueue",
    ]

    /// What a policy cannot deny to the root of the queue's account.
    private static let remainsWithRoot: Set<String> = [
        "DeleteQueue", "GetQueueAttributes", "GetQueueUrl", "SetQueueAttributes",
    ]

    /// The queue that a request names by its address.
    /// - Throws: AWS's errors; also if the caller may not do what it asks for.
    func queue(_ url: String, _ call: Call) async throws -> QueueRecord {
        guard let key = QueueKey(url: url, account: call.account, region: call.region) else {
            throw SQSFailures.invalidAddress(url)
        }
        return try await queue(key, call)
    }

    func queue(_ key: QueueKey, _ call: Call) async throws -> QueueRecord {
        guard let record = try await catalogue.find(key) else { throw SQSFailures.noQueue }
        // Batches have the permission of what they consist of.
        let action = call.operation.hasSuffix("Batch") ? String(call.operation.dropLast(5)) : call.operation
        var isOwn = call.principal.account == key.account
        if case .service = call.principal { isOwn = false }
        guard let policy = record.settings.policy else {
            if isOwn { return record }
            throw SQSFailures.accessDenied(action, key, call.principal)
        }
        // A root user must be able to undo a policy that shuts everybody out.
        if isOwn, case .root = call.principal, Self.remainsWithRoot.contains(action) { return record }
        guard isOwn || !Self.ownersOnly.contains(action),
            policy.allows(action, on: key, by: call.principal, more: call.policyKeys(now: time.now))
        else { throw SQSFailures.accessDenied(action, key, call.principal) }
        return record
    }
}

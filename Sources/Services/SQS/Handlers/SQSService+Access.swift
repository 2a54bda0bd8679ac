import ServiceKit

extension SQSService {
    /// What other accounts can never be allowed by a queue's policy.
    /// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-customer-managed-policy-examples.html
    private static let ownersOnly: Set<String> = [
        "AddPermission", "CancelMessageMoveTask", "CreateQueue", "DeleteQueue", "ListMessageMoveTasks", "ListQueues",
        "ListQueueTags", "RemovePermission", "SetQueueAttributes", "StartMessageMoveTask", "TagQueue", "UntagQueue",
    ]

    /// What a policy cannot deny to the root of the queue's account.
    private static let rootAlways: Set<String> = ["SetQueueAttributes", "GetQueueAttributes", "DeleteQueue"]

    /// The queue that a request names by its address.
    /// - Throws: AWS's errors; also if the caller may not do what it asks for.
    func queue(_ url: String, _ call: Call) async throws -> QueueRecord {
        guard let key = QueueKey(url: url, account: call.account, region: call.region) else {
            throw SQSFailures.invalidAddress(url)
        }
        return try await queue(key, call)
    }

    /// The owner's account may do everything that the queue's policy does not deny. Its root can always mend such a policy, or remove the
    /// queue: nobody else could, if everything is denied to everybody.
    private func checkDenials(_ record: QueueRecord, _ action: String, _ principal: Principal) throws(AWSError) {
        guard let policy = record.settings.policy, policy.denies(action, on: record.key, to: principal) else { return }
        if case .root = principal, Self.rootAlways.contains(action) { return }
        throw SQSFailures.explicitlyDenied(action, record.key, principal)
    }

    func queue(_ key: QueueKey, _ call: Call) async throws -> QueueRecord {
        guard let record = try await catalogue.find(key) else { throw SQSFailures.noQueue }
        // Batches have the permission of what they consist of.
        let action = call.operation.hasSuffix("Batch") ? String(call.operation.dropLast(5)) : call.operation
        switch call.principal {
        case .service: break
        default:
            if call.principal.account == key.account {
                try checkDenials(record, action, call.principal)
                return record
            }
        }
        guard !Self.ownersOnly.contains(action),
            record.settings.policy?.allows(action, on: key, by: call.principal) == true
        else { throw SQSFailures.accessDenied(action, key, call.principal) }
        return record
    }
}

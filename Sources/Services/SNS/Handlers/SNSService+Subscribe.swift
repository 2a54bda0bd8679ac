import Persistence
public import ServiceKit
import ServiceModel

extension SNSService {
    public func subscribe(_ input: SubscribeInput, _ call: Call) async throws -> SubscribeResponse {
        let key = try TopicKey(parsing: input.topicArn, region: call.region)
        guard let transport = SubscriptionProtocol(rawValue: input.protocol) else {
            throw SNSFailures.invalid("Amazon SNS does not support this protocol string: \(input.protocol)")
        }
        guard let topic = try await topics.find(key) else { throw SNSFailures.topicNotFound }
        let endpoint = input.endpoint ?? ""
        try authorize(
            "Subscribe", topic, call, more: ["sns:endpoint": endpoint, "sns:protocol": transport.rawValue])
        let endpointAccount = try SubscriptionEndpoint.check(endpoint, transport, topic: key)
        if transport == .firehose {
            throw AWSError.notImplemented(service: "sns", operation: call.operation, parameter: "Protocol")
        }
        if topic.isFIFO, transport != .sqs {
            throw SNSFailures.invalid("Invalid parameter: Endpoint Reason: Please use FIFO SQS queue")
        }
        let account = call.principal.account ?? call.account
        let isConfirmed = !transport.wantsConfirmation && (endpointAccount ?? account) == account
        let now = time.now
        var record = SubscriptionRecord(
            key: SubscriptionKey(topic: key, id: RandomUUID.make()), topicID: topic.id, owner: account,
            transport: transport, endpoint: endpoint, principal: call.principal.arn ?? "", isConfirmed: isConfirmed,
            wasAuthenticated: isConfirmed, origin: origin(call))
        let given = input.attributes ?? [:]
        record.attributes = try SubscriptionAttributes.created(given, for: record, operation: call.operation)
        if !isConfirmed {
            record.token = ConfirmationToken.make(region: key.region)
            record.tokenExpires = now.advanced(by: .milliseconds(SubscriptionStore.tokenLives))
        }
        let new = record
        let kept = try await jobs.write { transaction in
            try Self.keep(new, given: given, topic, at: now, transaction)
        }
        snapshots.forget(key)
        return SubscribeResponse(
            subscriptionArn: kept.isConfirmed || input.returnSubscriptionArn == true ? kept.arn : "pending confirmation"
        )
    }

    /// A new subscription, or the one that the endpoint has already, which is asked to confirm again if it has not yet.
    private static func keep(
        _ new: SubscriptionRecord, given: [String: String], _ topic: TopicRecord, at now: Timestamp,
        _ transaction: JobTransaction
    ) throws -> SubscriptionRecord {
        let connection = transaction.connection
        var kept = new
        if var known = try SubscriptionStore.find(
            topicID: topic.id, new.transport, new.endpoint, connection)
        {
            let defaults = ["RawMessageDelivery": "false", "FilterPolicyScope": "MessageAttributes"]
            for name in given.keys {
                guard known.attributes[name] ?? defaults[name] == new.attributes[name] ?? defaults[name] else {
                    throw SNSFailures.invalid(
                        "Attributes", reason: "Subscription already exists with different attributes")
                }
            }
            if known.isConfirmed { return known }
            (known.token, known.tokenExpires) = (new.token, new.tokenExpires)
            try SubscriptionStore.update(known, connection)
            kept = known
        } else {
            try SubscriptionStore.insert(new, connection)
        }
        if !kept.isConfirmed, let token = kept.token {
            let confirmation = ConfirmationJob(
                kept, topic: topic, messageID: RandomUUID.make(), token: token, isEnd: false, at: now)
            try transaction.enqueue(confirmation.job)
        }
        return kept
    }

    public func confirmSubscription(_ input: ConfirmSubscriptionInput, _ call: Call) async throws
        -> ConfirmSubscriptionResponse
    {
        let parts = input.topicArn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "sns", AccountID.isValid(parts[4]), !parts[5].isEmpty
        else { throw SNSFailures.invalid("Topic") }
        let key = TopicKey(account: parts[4], region: parts[3], name: parts[5])
        try ConfirmationToken.check(input.token, region: key.region)
        let isAuthenticated = call.principal != .anonymous
        let wantsAuthentication = input.authenticateOnUnsubscribe?.lowercased() == "true"
        if wantsAuthentication, !isAuthenticated {
            throw SNSError.authorizationErrorException("AuthenticateOnUnsubscribe requires an authenticated request")
        }
        let now = time.now
        let record = try await database.write { connection -> SubscriptionRecord in
            if let restored = try SubscriptionStore.restore(
                token: input.token, topic: key, now: now.milliseconds, connection)
            {
                return restored
            }
            guard var record = try SubscriptionStore.find(token: input.token, topic: key, connection) else {
                throw SNSFailures.invalid("Token")
            }
            if record.isConfirmed { return record }
            guard record.tokenExpires > now else { throw SNSFailures.invalid("Token") }
            record.isConfirmed = true
            record.wasAuthenticated = isAuthenticated
            record.authenticatesUnsubscribe = wantsAuthentication
            try SubscriptionStore.update(record, connection)
            return record
        }
        snapshots.forget(key)
        return ConfirmSubscriptionResponse(subscriptionArn: record.arn)
    }

    /// No error if there is no such subscription.
    public func unsubscribe(_ input: UnsubscribeInput, _ call: Call) async throws {
        let key = try SubscriptionKey(
            parsing: input.subscriptionArn, region: call.principal == .anonymous ? nil : call.region)
        guard let record = try await subscriptions.find(key) else { return }
        if call.principal == .anonymous {
            guard !record.authenticatesUnsubscribe else {
                throw SNSFailures.unauthorized(call.principal, "SNS:Unsubscribe", record.arn)
            }
        } else if let account = call.principal.account, account != record.owner, account != key.topic.account {
            throw SNSFailures.unauthorized(call.principal, "SNS:Unsubscribe", record.arn)
        }
        let now = time.now
        try await jobs.write { transaction in
            let connection = transaction.connection
            guard let record = try SubscriptionStore.find(key, connection) else { return }
            guard record.isConfirmed, record.transport.wantsConfirmation,
                let topic = try TopicStore.find(key.topic, connection), topic.id == record.topicID
            else { return try SubscriptionStore.delete(record, connection) }
            // Whoever reads what the endpoint gets may change his mind.
            let token = ConfirmationToken.make(region: key.topic.region)
            try SubscriptionStore.end(record, token: token, now: now.milliseconds, connection)
            let confirmation = ConfirmationJob(
                record, topic: topic, messageID: RandomUUID.make(), token: token, isEnd: true, at: now)
            try transaction.enqueue(confirmation.job)
        }
        snapshots.forget(key.topic)
    }
}

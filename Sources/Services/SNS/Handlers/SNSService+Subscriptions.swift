import Persistence
public import ServiceKit

extension SNSService {
    public func listSubscriptions(_ input: ListSubscriptionsInput, _ call: Call) async throws
        -> ListSubscriptionsResponse
    {
        let scope = "ListSubscriptions"
        let after = try position(input.nextToken, scope: scope, parts: 2)
        let found = try await subscriptions.list(
            owner: call.account, region: call.region, after: (after[0], after[1]), limit: Self.pageSize + 1)
        let page = Page(found: found, size: Self.pageSize, scope: scope) { [$0.key.topic.name, $0.key.id] }
        return ListSubscriptionsResponse(subscriptions: page.items.map(Self.listed), nextToken: page.next)
    }

    public func listSubscriptionsByTopic(_ input: ListSubscriptionsByTopicInput, _ call: Call) async throws
        -> ListSubscriptionsByTopicResponse
    {
        let topic = try await topic(input.topicArn, "ListSubscriptionsByTopic", call)
        let scope = "ListSubscriptionsByTopic/\(topic.key.lane)"
        let after = try position(input.nextToken, scope: scope)[0]
        let found = try await subscriptions.list(topic: topic, after: after, limit: Self.pageSize + 1)
        let page = Page(found: found, size: Self.pageSize, scope: scope) { [$0.key.id] }
        return ListSubscriptionsByTopicResponse(subscriptions: page.items.map(Self.listed), nextToken: page.next)
    }

    private static func listed(_ record: SubscriptionRecord) -> Subscription {
        Subscription(
            subscriptionArn: record.shownARN, owner: record.owner, protocol: record.transport.rawValue,
            endpoint: record.shownEndpoint, topicArn: record.key.topic.arn)
    }

    public func getSubscriptionAttributes(_ input: GetSubscriptionAttributesInput, _ call: Call) async throws
        -> GetSubscriptionAttributesResponse
    {
        let record = try await subscription(input.subscriptionArn, "GetSubscriptionAttributes", call)
        let topic = try await topics.find(record.key.topic)
        return GetSubscriptionAttributesResponse(attributes: record.shown(topic: topic))
    }

    public func setSubscriptionAttributes(_ input: SetSubscriptionAttributesInput, _ call: Call) async throws {
        let record = try await subscription(input.subscriptionArn, "SetSubscriptionAttributes", call)
        let operation = call.operation
        try await database.write { connection in
            guard var record = try SubscriptionStore.find(record.key, connection) else {
                throw SNSFailures.subscriptionNotFound
            }
            try SubscriptionAttributes.set(
                input.attributeName, input.attributeValue, on: &record, operation: operation)
            try SubscriptionStore.update(record, connection)
        }
        snapshots.forget(record.key.topic)
    }

    /// The subscription that a parameter names: its owner's, or the topic's owner's.
    private func subscription(_ text: String, _ action: String, _ call: Call) async throws -> SubscriptionRecord {
        let key = try SubscriptionKey(parsing: text, region: call.region)
        guard let record = try await subscriptions.find(key) else { throw SNSFailures.subscriptionNotFound }
        guard let account = call.principal.account, account == record.owner || account == key.topic.account else {
            throw SNSFailures.unauthorized(call.principal, "SNS:\(action)", record.arn)
        }
        return record
    }
}

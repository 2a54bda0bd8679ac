import ServiceKit
import ServiceModel

/// A topic as it is kept.
struct TopicRecord: Sendable, Hashable {
    var key: TopicKey
    /// Of this topic alone: one of the same name, made after it was deleted, has another.
    var id: Int64
    /// Counts up with every change of the topic or its subscriptions.
    var version: Int64 = 0
    /// What was given, by AWS's names; absent is the default.
    var attributes: [String: String] = [:]
    var tags: [ResourceTag] = []
    /// Empty: none.
    var dataProtectionPolicy = ""
    /// Subscriptions that were ended.
    var deletedSubscriptions = 0

    var arn: String { key.arn }
    var isFIFO: Bool { attributes["FifoTopic"] == "true" }
    var deduplicatesByContent: Bool { attributes["ContentBasedDeduplication"] == "true" }
    /// Whether deduplication looks at each message group apart.
    var deduplicatesByGroup: Bool { attributes["FifoThroughputScope"] == "MessageGroup" }
    var policyText: String { attributes["Policy"] ?? TopicPolicy.standard(key) }
    /// 1: SHA-1, 2: SHA-256.
    var signatureVersion: Int { attributes["SignatureVersion"] == "2" ? 2 : 1 }

    /// What `GetTopicAttributes` shows.
    func shown(confirmed: Int, pending: Int) -> [String: String] {
        var shown = attributes
        shown["TopicArn"] = arn
        shown["Owner"] = key.account
        shown["Policy"] = policyText
        shown["DisplayName"] = attributes["DisplayName"] ?? ""
        shown["SubscriptionsConfirmed"] = String(confirmed)
        shown["SubscriptionsPending"] = String(pending)
        shown["SubscriptionsDeleted"] = String(deletedSubscriptions)
        shown["EffectiveDeliveryPolicy"] = deliveryPolicy.effective.compact
        if isFIFO { shown["ContentBasedDeduplication"] = attributes["ContentBasedDeduplication"] ?? "false" }
        return shown
    }

    var deliveryPolicy: TopicDeliveryPolicy { TopicDeliveryPolicy(stored: attributes["DeliveryPolicy"]) }
}

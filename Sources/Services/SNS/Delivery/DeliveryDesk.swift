import Logging
import Persistence
import ServiceKit
import ServiceModel

/// What all workers need: one attempt, its log line, and what follows a failure.
struct DeliveryDesk: Sendable {
    let sender: MessageSender
    let snapshots: TopicSnapshots
    let subscriptions: SubscriptionStore
    let database: any Database
    let status: DeliveryStatusLog
    let time: any TimeSource
    let logger = Logger(label: "martlet.sns.deliveries")

    init(
        sender: MessageSender, snapshots: TopicSnapshots, subscriptions: SubscriptionStore, database: any Database,
        status: DeliveryStatusLog, time: any TimeSource
    ) {
        self.sender = sender
        self.snapshots = snapshots
        self.subscriptions = subscriptions
        self.database = database
        self.status = status
        self.time = time
    }

    /// Tries to deliver a message, after so many attempts, and logs what became of it if the topic wants it.
    func attempt(
        _ message: PublishedMessage, _ subscription: SubscriptionRecord, _ topic: TopicRecord, attempts: Int
    ) async -> DeliveryResult {
        let result = await sender.send(message, to: subscription, topic: topic)
        status.note(result, message, subscription, topic, attempts: attempts + 1)
        return result
    }

    /// Sends a message that could not be delivered to the subscription's dead-letter queue.
    func bury(_ message: PublishedMessage, _ subscription: SubscriptionRecord, _ topic: TopicRecord) async
        -> DeliveryResult
    {
        guard let queue = subscription.deadLetterTarget else {
            return .refused(DeliveryNote(status: 404, response: "There is no dead-letter queue."))
        }
        do {
            return try await sender.sendToQueue(queue, message, subscription, topic)
        } catch {
            return DeliveryResult(error)
        }
    }

    static func schedule(_ subscription: SubscriptionRecord, _ topic: TopicRecord) -> RetrySchedule {
        switch subscription.transport {
        case .http, .https:
            SubscriptionDeliveryPolicy.effective(
                subscription.attributes["DeliveryPolicy"], topic: topic.deliveryPolicy
            ).schedule
        case .sqs, .lambda, .firehose: .managed
        case .email, .emailJSON, .sms, .application: .customer
        }
    }

    func dropped(_ message: PublishedMessage, _ subscription: SubscriptionRecord, _ note: DeliveryNote) {
        logger.warning(
            "A message could not be delivered.",
            metadata: [
                "message": "\(message.id)", "subscription": "\(subscription.arn)", "status": "\(note.status)",
                "reason": "\(note.response.prefix(300))",
            ])
    }
}

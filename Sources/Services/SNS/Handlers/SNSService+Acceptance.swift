import Persistence
import ServiceKit
import ServiceModel

/// What the publisher is told of a message.
struct AcceptedMessage: Sendable, Hashable {
    var id: String
    /// Of FIFO topics.
    var sequence: String?
}

/// Messages become jobs, in one transaction.
extension SNSService {
    /// FIFO topics forget after five minutes what they have seen, in milliseconds.
    static let deduplicationInterval: Int64 = 300_000

    /// Returns when the messages are durable.
    func accept(_ messages: [PublishedMessage], _ snapshot: TopicSnapshot) async throws -> [AcceptedMessage] {
        let topic = snapshot.topic
        if topic.isFIFO { return try await acceptInOrder(messages, snapshot) }
        let now = time.now
        let wanted = messages.map { ($0, snapshot.subscriptions(for: $0)) }.filter { !$0.1.isEmpty }
        if !wanted.isEmpty {
            let new = wanted.map { Self.job($0, $1, due: now) }
            try await jobs.write { transaction in for job in new { try transaction.enqueue(job) } }
        }
        return messages.map { AcceptedMessage(id: $0.id) }
    }

    /// One job, whatever the number of subscriptions.
    private static func job(_ message: PublishedMessage, _ subscriptions: [SubscriptionRecord], due: Timestamp)
        -> NewJob
    {
        if subscriptions.count == 1, subscriptions[0].transport.isHTTP {
            return DeliveryJob(
                topic: message.topic, subscription: subscriptions[0].key.id, source: .inline(message)
            ).job(due: due)
        }
        return FanOutJob(message: message, subscriptions: subscriptions.map(\.key.id)).job(due: due)
    }

    /// Of FIFO topics every subscription has its own order, by message groups: one job for each.
    private func acceptInOrder(_ messages: [PublishedMessage], _ snapshot: TopicSnapshot) async throws
        -> [AcceptedMessage]
    {
        let (topic, now) = (snapshot.topic, time.now)
        let wanted = messages.map { ($0, snapshot.subscriptions(for: $0).map(\.key.id)) }
        return try await jobs.write { transaction in
            let connection = transaction.connection
            try connection.execute(
                "DELETE FROM sns_deduplication WHERE topic_id = ? AND expires <= ?",
                [.integer(topic.id), .integer(now.milliseconds)])
            var accepted: [AcceptedMessage] = []
            for (message, subscriptions) in wanted {
                var message = message
                let scope = topic.deduplicatesByGroup ? "\(message.group ?? "")\n" : ""
                let id = SQLValue.text(scope + (message.deduplicationID ?? ""))
                if let seen = try connection.first(
                    "SELECT message_id, sequence FROM sns_deduplication WHERE topic_id = ? AND id = ?",
                    [.integer(topic.id), id])
                {
                    accepted.append(AcceptedMessage(id: seen.text(0) ?? message.id, sequence: seen.text(1)))
                    continue
                }
                let number = try TopicStore.nextSequence(topic.key, connection)
                let sequence = String(10_000_000_000_000_000_000 + UInt64(clamping: number))
                message.sequence = sequence
                try connection.execute(
                    "INSERT INTO sns_deduplication (topic_id, id, message_id, sequence, expires) VALUES (?, ?, ?, ?, ?)",
                    [
                        .integer(topic.id), id, .text(message.id), .text(sequence),
                        .integer(now.milliseconds + Self.deduplicationInterval),
                    ])
                try Self.enqueueInOrder(message, subscriptions, due: now, transaction)
                accepted.append(AcceptedMessage(id: message.id, sequence: sequence))
            }
            return accepted
        }
    }

    private static func enqueueInOrder(
        _ message: PublishedMessage, _ subscriptions: [String], due: Timestamp, _ transaction: JobTransaction
    ) throws {
        guard !subscriptions.isEmpty else { return }
        var source = DeliveryJob.Source.inline(message)
        if subscriptions.count > 1 {
            source = .shared(
                try SharedMessages.insert(message, deliveries: subscriptions.count, transaction.connection))
        }
        for id in subscriptions {
            let delivery = DeliveryJob(topic: message.topic, subscription: id, source: source)
            try transaction.enqueue(delivery.job(due: due, group: message.group ?? ""))
        }
    }
}

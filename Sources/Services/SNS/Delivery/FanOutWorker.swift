import Logging
import Persistence
import ServiceKit
import ServiceModel

/// Delivers a message to all subscriptions that want it: a first time at once where that is quick, and by a job for each where an endpoint may
/// be slow, or was not there. So most messages cost one row, however many subscribers they have.
struct FanOutWorker: JobWorker {
    let desk: DeliveryDesk

    /// Deliveries of one message that are under way at the same time.
    private static let breadth = 64

    func window(_ lane: JobLane) -> Int { 64 }

    func run(_ job: Job) async -> JobOutcome {
        guard let fanOut = FanOutJob(bytes: job.payload) else {
            desk.logger.error("A message cannot be read and is dropped.", metadata: ["lane": "\(job.lane.name)"])
            return .done
        }
        let message = fanOut.message
        let snapshot: TopicSnapshot
        do {
            // Deleted, with its subscriptions.
            guard let found = try await desk.snapshots.find(message.topic) else { return .done }
            snapshot = found
        } catch {
            return .retry(at: desk.time.now.advanced(by: .seconds(1)))
        }
        let subscriptions = fanOut.subscriptions.compactMap(snapshot.subscription)
        let rest = await deliver(message, to: subscriptions, snapshot.topic)
        if rest.isEmpty { return .done }
        return .doneWith { transaction in try Self.enqueue(rest, message, transaction) }
    }

    /// - Returns: the jobs for what could not be done at once.
    private func deliver(
        _ message: PublishedMessage, to subscriptions: [SubscriptionRecord], _ topic: TopicRecord
    ) async -> [Leftover] {
        if subscriptions.count == 1 { return await first(message, subscriptions[0], topic).map { [$0] } ?? [] }
        return await withTaskGroup(of: Leftover?.self) { group in
            var rest: [Leftover] = []
            for (index, subscription) in subscriptions.enumerated() {
                if index >= Self.breadth, let done = await group.next(), let left = done { rest.append(left) }
                group.addTask { await self.first(message, subscription, topic) }
            }
            for await left in group { if let left { rest.append(left) } }
            return rest
        }
    }

    /// A delivery that is left to a job of its own.
    struct Leftover: Sendable {
        var subscription: String
        var due: Timestamp
        var attempts: Int
        var isDead: Bool
    }

    private func first(_ message: PublishedMessage, _ subscription: SubscriptionRecord, _ topic: TopicRecord) async
        -> Leftover?
    {
        let id = subscription.key.id
        if subscription.transport.isHTTP {
            return Leftover(subscription: id, due: desk.time.now, attempts: 0, isDead: false)
        }
        let result = await desk.attempt(message, subscription, topic, attempts: 0)
        let now = desk.time.now
        if case .delivered = result { return nil }
        if case .unavailable = result, let delay = DeliveryDesk.schedule(subscription, topic).delay(before: 0) {
            return Leftover(subscription: id, due: now.advanced(by: delay), attempts: 1, isDead: false)
        }
        guard subscription.deadLetterTarget != nil else {
            desk.dropped(message, subscription, result.note)
            return nil
        }
        return Leftover(subscription: id, due: now, attempts: 0, isDead: true)
    }

    /// One job for each; with several, the message gets a row that they share.
    static func enqueue(_ rest: [Leftover], _ message: PublishedMessage, _ transaction: JobTransaction) throws {
        var source = DeliveryJob.Source.inline(message)
        if rest.count > 1 {
            let id = try SharedMessages.insert(message, deliveries: rest.count, transaction.connection)
            source = .shared(id)
        }
        for left in rest {
            let delivery = DeliveryJob(
                topic: message.topic, subscription: left.subscription, source: source, attempts: left.attempts,
                isDead: left.isDead)
            try transaction.enqueue(delivery.job(due: left.due))
        }
    }
}

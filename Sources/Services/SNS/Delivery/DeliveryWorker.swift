import Logging
import Persistence
import ServiceKit
import ServiceModel

/// Delivers a message to one subscription, as often as its policy says, and then to its dead-letter queue.
struct DeliveryWorker: JobWorker {
    let desk: DeliveryDesk
    /// Whether it does FIFO topics' jobs: a message that has to wait holds up those of its group behind it.
    let isOrdered: Bool
    private let pace = DeliveryPace()

    init(desk: DeliveryDesk, isOrdered: Bool) {
        self.desk = desk
        self.isOrdered = isOrdered
    }

    func window(_ lane: JobLane) -> Int { isOrdered ? 1 : 16 }

    func run(_ job: Job) async -> JobOutcome {
        guard let delivery = DeliveryJob(bytes: job.payload) else {
            desk.logger.error("A delivery cannot be read and is dropped.", metadata: ["lane": "\(job.lane.name)"])
            return .done
        }
        do {
            guard let message = try await message(delivery.source) else { return .done }
            guard let snapshot = try await desk.snapshots.find(delivery.topic),
                let subscription = snapshot.subscription(delivery.subscription)
            else { return over(delivery) }
            return await deliver(delivery, job, message, subscription, snapshot.topic)
        } catch {
            desk.logger.error("A delivery could not be looked up.", metadata: ["error": "\(error)"])
            return .retry(at: desk.time.now.advanced(by: .seconds(1)))
        }
    }

    private func message(_ source: DeliveryJob.Source) async throws -> PublishedMessage? {
        switch source {
        case .inline(let message): message
        case .shared(let id): try await SharedMessages.find(id, desk.database)
        }
    }

    private func deliver(
        _ delivery: DeliveryJob, _ job: Job, _ message: PublishedMessage, _ subscription: SubscriptionRecord,
        _ topic: TopicRecord
    ) async -> JobOutcome {
        let attempts = delivery.attempts + job.attempts
        let result: DeliveryResult
        if delivery.isDead {
            result = await desk.bury(message, subscription, topic)
        } else {
            if subscription.transport.isHTTP { await pace.wait(subscription, topic) }
            result = await desk.attempt(message, subscription, topic, attempts: attempts)
        }
        if case .delivered = result { return over(delivery) }
        let schedule = delivery.isDead ? .managed : DeliveryDesk.schedule(subscription, topic)
        let now = desk.time.now
        if case .unavailable = result, let delay = schedule.delay(before: attempts) {
            return .retry(at: now.advanced(by: delay))
        }
        guard !delivery.isDead, subscription.deadLetterTarget != nil else {
            desk.dropped(message, subscription, result.note)
            return over(delivery)
        }
        // In the place that it has: of a group, it is buried before the next is tried.
        var dead = delivery
        dead.isDead = true
        dead.attempts = -(job.attempts + 1)
        return .retry(at: now, payload: dead.bytes)
    }

    private func over(_ delivery: DeliveryJob) -> JobOutcome {
        guard case .shared(let id) = delivery.source else { return .done }
        return .doneWith { try SharedMessages.release(id, $0.connection) }
    }
}

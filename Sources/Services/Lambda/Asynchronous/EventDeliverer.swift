import Execution
import Logging
import Persistence
import ServiceKit
import ServiceModel

/// Delivers records of invocations to destinations, and events to dead-letter queues. What a target refuses is counted and gone, as on AWS;
/// what fails for another reason is tried again.
struct EventDeliverer: JobWorker {
    let deliveries: any EventDelivery
    let time: any TimeSource
    let metrics: AsyncMetrics
    private let logger = Logger(label: "martlet.lambda.deliveries")

    /// How long is tried.
    private static let patience = Duration.seconds(6 * 3600)

    init(deliveries: any EventDelivery, time: any TimeSource, metrics: AsyncMetrics) {
        self.deliveries = deliveries
        self.time = time
        self.metrics = metrics
    }

    func window(_ lane: JobLane) -> Int { 16 }

    func run(_ job: Job) async -> JobOutcome {
        guard let delivery = EventDeliveryJob(bytes: job.payload) else {
            logger.error("A delivery cannot be read and is dropped.", metadata: ["target": "\(job.lane.name)"])
            return .done
        }
        let key = delivery.key
        guard let target = DeliveryTarget(arn: delivery.target) else { return failed(delivery, "no such target") }
        do {
            try await deliveries.deliver(
                delivery.delivery, to: target, as: .executionRole(delivery.role, of: key),
                account: key.account, region: key.region)
            return .done
        } catch let error as AWSError where error.status < 500 && error.status != 429 {
            return failed(delivery, "\(error.code): \(error.message)")
        } catch {
            let now = time.now
            guard now < delivery.received.advanced(by: Self.patience) else { return failed(delivery, "\(error)") }
            return .retry(at: now.advanced(by: .seconds(min(300, 1 << min(job.attempts, 9)))))
        }
    }

    private func failed(_ delivery: EventDeliveryJob, _ reason: String) -> JobOutcome {
        metrics.note(delivery.key, delivery.qualifier) { statistics in
            if delivery.isDeadLetter { statistics.deadLetterErrors += 1 } else { statistics.deliveryFailures += 1 }
        }
        logger.warning(
            "An event could not be delivered.",
            metadata: [
                "function": "\(delivery.key.arn)", "target": "\(delivery.target)", "reason": "\(reason)",
            ])
        return .done
    }
}

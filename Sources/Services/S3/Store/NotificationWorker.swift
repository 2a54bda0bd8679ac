import Logging
import Persistence
import ServiceKit
import ServiceModel

/// Tells targets what has happened, as the service principal of S3 on behalf of the bucket. What a target refuses is gone, as on AWS; what
/// fails for another reason is tried again, and holds up what follows of its key.
///
/// Many keys share a lane. An event that fails is moved to a lane of its key's own, and what comes after it in the shared one
/// follows it there as long as there is something. Where many keys fail it is the target that does: then the shared lane waits.
struct NotificationWorker: JobWorker {
    let database: any Database
    let deliveries: any EventDelivery
    let time: any TimeSource
    let logger: Logger

    /// What topics are told with.
    static let subject = "Amazon S3 Notification"
    private static let patience = Duration.seconds(24 * 3600)
    /// How many keys of a shared lane have one of their own at the same time.
    static let sidings = 16

    var isOrdered: Bool { true }

    func window(_ lane: JobLane) -> Int { 1 }

    static func principal(bucket: String, account: String) -> Principal {
        .service(name: "s3.amazonaws.com", sourceARN: "arn:aws:s3:::\(bucket)", account: account)
    }

    func run(_ job: Job) async -> JobOutcome {
        guard let notification = NotificationJob(job.payload), let target = DeliveryTarget(arn: notification.target)
        else {
            logger.error("An event of a bucket can't be read and is dropped.", metadata: ["lane": "\(job.lane.name)"])
            return .done
        }
        let isShared = job.lane.name == notification.lane
        do {
            if isShared, try await count(notification.siding) > 0 {
                return .doneWith { try $0.enqueue(notification.moved(due: notification.began)) }
            }
            var delivery = notification.delivery
            delivery.subject = Self.subject
            try await deliveries.deliver(
                delivery, to: target,
                as: Self.principal(bucket: notification.bucket, account: notification.account),
                account: notification.account, region: notification.region)
            return .done
        } catch let error as AWSError where error.status < 500 && error.status != 429 {
            return dropped(notification, "\(error.code): \(error.message)")
        } catch {
            let now = time.now
            guard now < notification.began.advanced(by: Self.patience) else { return dropped(notification, "\(error)") }
            let due = now.advanced(by: .seconds(min(300, 1 << min(job.attempts, 9))))
            if isShared, await hasSiding(notification) {
                return .doneWith { try $0.enqueue(notification.moved(due: due)) }
            }
            return .retry(at: due)
        }
    }

    private func count(_ lane: String) async throws -> Int {
        try await database.read { try JobTransaction.count(kind: NotificationJob.kind, lane, limit: 1, on: $0) }
    }

    /// Whether one more key of a shared lane may have a lane of its own.
    private func hasSiding(_ notification: NotificationJob) async -> Bool {
        let lanes = try? await database.read {
            try JobTransaction.lanes(
                kind: NotificationJob.kind, prefix: notification.sidings, limit: Self.sidings, on: $0)
        }
        return lanes.map { $0 < Self.sidings } ?? false
    }

    private func dropped(_ notification: NotificationJob, _ reason: String) -> JobOutcome {
        logger.warning(
            "An event of a bucket could not be delivered.",
            metadata: [
                "bucket": "\(notification.bucket)", "target": "\(notification.target)", "reason": "\(reason)",
            ])
        return .done
    }
}

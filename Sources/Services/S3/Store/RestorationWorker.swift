import Logging
import Persistence
import ServiceKit
import ServiceModel
import Synchronization

/// Completes restorations of archived objects, and ends them, when the clock says so.
final class RestorationWorker: JobWorker {
    private struct Service {
        weak var value: S3Service?
    }

    private let service = Mutex(Service())
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    func connect(_ service: S3Service) { self.service.withLock { $0.value = service } }

    func window(_ lane: JobLane) -> Int { 8 }

    func run(_ job: Job) async -> JobOutcome {
        guard let service = service.withLock({ $0.value }), let restoration = RestorationJob(job) else { return .done }
        do {
            let bucket = try await service.database.read {
                try BucketRows(connection: $0).bucket(id: restoration.bucket)
            }
            guard let bucket else { return .done }
            var context = EventContext(service: RandomUUID.make())
            context.principalID = "AmazonCustomer:" + bucket.principalID
            try await service.change(bucket, context) { transaction in
                try Self.perform(restoration, transaction)
            }
            return .done
        } catch let error as AWSError where error.code == "NoSuchBucket" {
            return .done
        } catch {
            logger.error("An object can't be restored.", metadata: ["key": "\(restoration.key)", "error": "\(error)"])
            return .retry(at: service.time.now.advanced(by: .seconds(60)))
        }
    }

    /// May be called more than once, and for what has changed since: then nothing happens.
    private static func perform(_ restoration: RestorationJob, _ transaction: S3Transaction) throws {
        guard
            try BucketRows(connection: transaction.connection).version(restoration.bucket) == transaction.bucket.version
        else { throw StaleBucket() }
        guard
            var record = try transaction.objects.version(
                restoration.bucket, restoration.key, restoration.version, withBody: false, withManifest: false),
            record.id == restoration.id, record.sequence == restoration.sequence
        else { return }
        var attributes = ObjectAttributes(record.attributes)
        switch attributes.restoration {
        case nil: return
        case .ongoing(let days)?:
            let until = Restoration.expiry(max(restoration.due, record.modified), days: days)
            attributes.restoration = .until(until)
            try transaction.objects.update(record.id, attributes: attributes.encoded)
            try transaction.jobs.enqueue(RestorationJob(record, attributes).job)
            record.sequence = try transaction.sequence(after: record)
            try transaction.tell(.restoreCompleted, record, restoredUntil: until)
        case .until(let time)?:
            // It may be there for longer than when this was enqueued.
            guard time <= transaction.now else { return }
            attributes.restoration = nil
            try transaction.objects.update(record.id, attributes: attributes.encoded)
            record.sequence = try transaction.sequence(after: record)
            try transaction.tell(.restoreDelete, record)
        }
    }
}

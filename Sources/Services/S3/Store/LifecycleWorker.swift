import Logging
import Persistence
import ServiceKit
import ServiceModel
import Synchronization

/// Applies the lifecycle of a bucket, once a day: a job for each bucket that has one, which leaves the next.
final class LifecycleWorker: JobWorker {
    static let kind = "s3.lifecycle"

    private struct Service {
        weak var value: S3Service?
    }

    private let service = Mutex(Service())
    private let logger: Logger
    private static let page = 500

    init(logger: Logger) { self.logger = logger }

    func connect(_ service: S3Service) { self.service.withLock { $0.value = service } }

    func window(_ lane: JobLane) -> Int { 1 }

    /// Makes the one job of a bucket anew.
    static func schedule(bucket: Int64, due: Timestamp, _ transaction: JobTransaction) throws {
        try JobTransaction.removeLane(kind: kind, String(bucket), on: transaction.connection)
        try transaction.enqueue(
            NewJob(kind: kind, lane: String(bucket), due: due, payload: Array(String(bucket).utf8)))
    }

    func run(_ job: Job) async -> JobOutcome {
        guard let service = service.withLock({ $0.value }), let id = Int64(String(decoding: job.payload, as: UTF8.self))
        else { return .done }
        do {
            guard let bucket = try await service.database.read({ try BucketRows(connection: $0).bucket(id: id) }),
                !bucket.lifecycle.isEmpty
            else { return .done }
            let rules = bucket.lifecycle.filter(\.isEnabled)
            try await applyToObjects(rules, bucket, service)
            try await applyToUploads(rules, bucket, service)
            let due = LifecycleSchedule.next(after: service.time.now)
            // The rules may have been put again meanwhile, with a job of their own.
            return .doneWith { try Self.schedule(bucket: id, due: due, $0) }
        } catch {
            logger.error("A lifecycle can't be applied.", metadata: ["bucket": "\(id)", "error": "\(error)"])
            return .retry(at: service.time.now.advanced(by: .seconds(300)))
        }
    }

    private func applyToObjects(_ rules: [LifecycleTerm], _ bucket: BucketRecord, _ service: S3Service) async throws {
        var from = ""
        var position = Int64.min
        var history = VersionHistory()
        while true {
            let (key, place) = (from, position)
            let rows = try await service.database.read {
                try ObjectRows(connection: $0).pageWithAttributes(
                    bucket.id, from: key, position: place, below: nil, limit: Self.page)
            }
            let now = service.time.now
            for (index, row) in rows.enumerated() {
                let isOnly =
                    !(index + 1 < rows.count && rows[index + 1].key.isSameKey(as: row.key))
                    && (index + 1 < rows.count || rows.count < Self.page)
                let step = history.next(row, isOnly: isOnly)
                if let action = LifecycleAction(rules, row, step, bucket: bucket, now: now) {
                    try await perform(action, row, bucket, service)
                }
            }
            guard rows.count == Self.page, let last = rows.last else { return }
            (from, position) = (last.key, last.position + 1)
        }
    }

    private func perform(_ action: LifecycleAction, _ row: ObjectRecord, _ bucket: BucketRecord, _ service: S3Service)
        async throws
    {
        let context = EventContext(service: RandomUUID.make())
        try await service.change(bucket, context) { transaction in
            switch action {
            case .expire:
                // Somebody may have put another version meanwhile.
                guard let current = try transaction.current(row.key), current.id == row.id,
                    current.sequence == row.sequence
                else { return }
                _ = try transaction.delete(row.key, events: (.expired, .expirationMarker))
            case .remove:
                do {
                    _ = try transaction.delete(
                        row.key, version: row.versionName, bypassesGovernance: false, event: .expired)
                } catch let error as AWSError where error.code == "AccessDenied" {
                    // It is locked, and stays until it is not.
                }
            case .transition(let storageClass):
                guard let found = try transaction.objects.version(bucket.id, row.key, row.versionName, withBody: false),
                    found.id == row.id, found.sequence == row.sequence
                else { return }
                try transaction.objects.update(row.id, storage: storageClass)
                try transaction.tell(.transition, found, storageClass: storageClass)
            }
        }
    }

    private func applyToUploads(_ rules: [LifecycleTerm], _ bucket: BucketRecord, _ service: S3Service) async throws {
        var from = ""
        var after = Int64(0)
        while true {
            let (key, id) = (from, after)
            let rows = try await service.database.read {
                try UploadRows(connection: $0).page(bucket.id, from: key, after: id, below: nil, limit: Self.page)
            }
            let now = service.time.now
            for row in rows {
                let isOver = rules.contains { rule in
                    rule.filter.tags.isEmpty && row.key.hasKeyPrefix(rule.filter.prefix)
                        && rule.abortion(initiated: row.initiated).map { $0 <= now } ?? false
                }
                if isOver { try await service.abort(row, of: bucket) }
            }
            guard rows.count == Self.page, let last = rows.last else { return }
            (from, after) = (last.key, last.id)
        }
    }
}

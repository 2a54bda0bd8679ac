import Persistence
public import ServiceKit
import ServiceModel

extension S3Service {
    public func restoreObject(_ input: RestoreObjectRequest, _ call: Call) async throws -> Reply {
        let bucket = try await open(input.bucket, call, "s3:RestoreObject", key: input.key)
        let found = try await find(
            bucket, input.key, version: input.versionId, call, withBody: false, method: "POST")
        let wanted = try Restoration(input, storageClass: found.storageClass)
        let isBegun = try await change(bucket, EventContext(call)) { transaction in
            guard try BucketRows(connection: transaction.connection).version(bucket.id) == transaction.bucket.version
            else { throw StaleBucket() }
            let name = found.versionName
            guard
                var record = try transaction.objects.version(
                    bucket.id, found.key, name, withBody: false, withManifest: false),
                record.id == found.id, record.sequence == found.sequence
            else { throw AWSError.noSuchKey(found.key) }
            var attributes = ObjectAttributes(record.attributes)
            switch attributes.restoration {
            case .ongoing?:
                throw AWSError.s3("RestoreAlreadyInProgress", 409, "Object restore is already in progress")
            case .until(let time)? where transaction.now < time:
                // The copy is there: it stays longer, or less long.
                attributes.restoration = .until(Restoration.expiry(transaction.now, days: wanted.days))
                try transaction.objects.update(record.id, attributes: attributes.encoded)
                try transaction.jobs.enqueue(RestorationJob(record, attributes).job)
                return false
            case .until?, nil: break
            }
            attributes.restoration = .ongoing(days: wanted.days)
            try transaction.objects.update(record.id, attributes: attributes.encoded)
            let due = transaction.now.advanced(by: wanted.duration(from: record.storageClass))
            try transaction.jobs.enqueue(RestorationJob(record, due: due).job)
            record.sequence = try transaction.sequence(after: record)
            try transaction.tell(.restorePost, record)
            return true
        }
        return Reply(status: isBegun ? 202 : 200)
    }
}

import Persistence
public import ServiceKit
import ServiceModel

extension S3Service {
    public func getBucketLifecycleConfiguration(_ input: GetBucketLifecycleConfigurationRequest, _ call: Call)
        async throws -> GetBucketLifecycleConfigurationOutput
    {
        let bucket = try await open(input.bucket, call, "s3:GetLifecycleConfiguration")
        guard let rules = bucket.settings[BucketRecord.Setting.lifecycle]?["Rules"]?.listValue else {
            throw AWSError.s3(
                "NoSuchLifecycleConfiguration", 404, "The lifecycle configuration does not exist",
                ["BucketName": bucket.name])
        }
        return GetBucketLifecycleConfigurationOutput(
            rules: try rules.map { try LifecycleRule(wire: $0) },
            transitionDefaultMinimumObjectSize: Self.minimumSize(bucket))
    }

    private static func minimumSize(_ bucket: BucketRecord) -> String {
        bucket.settings[BucketRecord.Setting.lifecycleSize]?.stringValue ?? LifecycleCheck.sizes[0]
    }

    public func putBucketLifecycleConfiguration(_ input: PutBucketLifecycleConfigurationRequest, _ call: Call)
        async throws -> PutBucketLifecycleConfigurationOutput
    {
        let bucket = try await open(input.bucket, call, "s3:PutLifecycleConfiguration")
        let size = input.transitionDefaultMinimumObjectSize ?? LifecycleCheck.sizes[0]
        guard LifecycleCheck.sizes.contains(size) else {
            throw AWSError.invalidRequest("Invalid TransitionDefaultMinimumObjectSize found: \(size)")
        }
        let configuration = try LifecycleCheck.checked(call.input["LifecycleConfiguration"])
        let due = LifecycleSchedule.next(after: time.now)
        try await configure(bucket) { _, settings in
            settings[BucketRecord.Setting.lifecycle] = configuration
            settings[BucketRecord.Setting.lifecycleSize] = .string(size)
        } with: { transaction in
            try LifecycleWorker.schedule(bucket: bucket.id, due: due, transaction)
        }
        return PutBucketLifecycleConfigurationOutput(transitionDefaultMinimumObjectSize: size)
    }

    public func deleteBucketLifecycle(_ input: DeleteBucketLifecycleRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:PutLifecycleConfiguration")
        try await configure(bucket) { _, settings in
            settings[BucketRecord.Setting.lifecycle] = nil
            settings[BucketRecord.Setting.lifecycleSize] = nil
        } with: { transaction in
            try JobTransaction.removeLane(kind: LifecycleWorker.kind, String(bucket.id), on: transaction.connection)
        }
    }
}

public import ServiceKit
import ServiceModel

extension S3Service {
    // MARK: Buckets

    public func getBucketTagging(_ input: GetBucketTaggingRequest, _ call: Call) async throws -> GetBucketTaggingOutput
    {
        let bucket = try await open(input.bucket, call, "s3:GetBucketTagging")
        guard let tags = bucket.settings[BucketRecord.Setting.tags] else {
            throw AWSError.s3("NoSuchTagSet", 404, "The TagSet does not exist", ["BucketName": bucket.name])
        }
        return GetBucketTaggingOutput(tagSet: ObjectTags.wire(ObjectTags.tags(tags)))
    }

    public func putBucketTagging(_ input: PutBucketTaggingRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:PutBucketTagging")
        let tags = try ObjectTags.document(call.input["Tagging"], limit: 50)
        try await set(BucketRecord.Setting.tags, tags.isEmpty ? nil : ObjectTags.stored(tags), of: bucket)
    }

    public func deleteBucketTagging(_ input: DeleteBucketTaggingRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:PutBucketTagging")
        try await set(BucketRecord.Setting.tags, nil, of: bucket)
    }

    // MARK: Objects

    public func getObjectTagging(_ input: GetObjectTaggingRequest, _ call: Call) async throws -> GetObjectTaggingOutput
    {
        let bucket: BucketRecord
        let record: ObjectRecord
        do {
            (bucket, record, _) = try await readable(
                input.bucket, input.key, version: input.versionId, call,
                input.versionId == nil ? "s3:GetObjectTagging" : "s3:GetObjectVersionTagging", withBody: false)
        } catch let error as AWSError where error.code == "NoSuchKey" {
            // Here alone the bucket is a part of the key.
            throw AWSError.noSuchKey("\(input.bucket)/\(input.key)").with(headers: error.headers)
        }
        return GetObjectTaggingOutput(
            tagSet: ObjectTags.wire(ObjectAttributes(record.attributes).tags),
            versionId: bucket.versioning == .never ? nil : record.versionName)
    }

    public func putObjectTagging(_ input: PutObjectTaggingRequest, _ call: Call) async throws -> PutObjectTaggingOutput
    {
        let (bucket, _, _) = try await readable(
            input.bucket, input.key, version: input.versionId, call,
            input.versionId == nil ? "s3:PutObjectTagging" : "s3:PutObjectVersionTagging", withBody: false,
            method: "PUT")
        let tags = try ObjectTags.document(call.input["Tagging"], limit: 10).sorted { $0.key < $1.key }
        let record = try await alter(bucket, input.key, input.versionId, call, event: .taggingPut) { $0.tags = tags }
        return PutObjectTaggingOutput(versionId: bucket.versioning == .never ? nil : record.versionName)
    }

    public func deleteObjectTagging(_ input: DeleteObjectTaggingRequest, _ call: Call) async throws
        -> DeleteObjectTaggingOutput
    {
        let (bucket, _, _) = try await readable(
            input.bucket, input.key, version: input.versionId, call,
            input.versionId == nil ? "s3:DeleteObjectTagging" : "s3:DeleteObjectVersionTagging", withBody: false,
            method: "PUT")
        let record = try await alter(bucket, input.key, input.versionId, call, event: .taggingDelete) { $0.tags = [] }
        return DeleteObjectTaggingOutput(versionId: bucket.versioning == .never ? nil : record.versionName)
    }

    /// Changes what is kept of one version.
    func alter(
        _ bucket: BucketRecord, _ key: String, _ version: String?, _ call: Call, event: S3Event.Name?,
        _ body: @escaping @Sendable (inout ObjectAttributes) throws -> Void
    ) async throws -> ObjectRecord {
        let found = try await find(bucket, key, version: version, call, withBody: false, method: "PUT")
        return try await change(bucket, EventContext(call)) { transaction in
            let name = found.version ?? VersionID.null
            guard
                var record = try transaction.objects.version(
                    bucket.id, key, name, withBody: false, withManifest: false),
                record.id == found.id
            else { throw AWSError.noSuchKey(key) }
            var attributes = ObjectAttributes(record.attributes)
            try body(&attributes)
            record.attributes = attributes.encoded
            try transaction.objects.update(record.id, attributes: record.attributes)
            if let event {
                record.sequence = try transaction.sequence(after: record)
                try transaction.tell(event, record)
            }
            return record
        }
    }
}

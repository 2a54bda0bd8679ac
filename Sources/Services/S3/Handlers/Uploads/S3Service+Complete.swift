import Persistence
public import ServiceKit
import ServiceModel

extension S3Service {
    public func completeMultipartUpload(_ input: CompleteMultipartUploadRequest, _ call: Call) async throws
        -> CompleteMultipartUploadOutput
    {
        try ObjectKey.check(input.key)
        let bucket = try await open(input.bucket, call, "s3:PutObject", key: input.key)
        let condition = try WriteCondition(call.input)
        guard let given = input.multipartUpload else {
            throw AWSError.invalidRequest("You must specify at least one part")
        }
        let named = try (given.parts ?? []).map(Self.named)
        guard !input.uploadId.utf8.contains(0) else { throw AWSError.noSuchUpload(input.uploadId) }
        let location = ObjectLocation.url(call.endpoint, bucket: bucket.name, key: input.key)
        for _ in 0..<8 {
            // Who has not heard of the success asks again.
            if let answer = try await completed(bucket, input.key, input.uploadId) { return answer }
            let whole = try await assemble(named, bucket, input.key, input.uploadId, call.input)
            do {
                let stored = try await complete(whole, bucket, condition, location, call)
                return Self.answer(stored, location)
            } catch is UploadChanged {
                continue
            }
        }
        throw AWSError.operationAborted
    }

    /// The parts of an upload were changed, or it was ended, since they were read.
    private struct UploadChanged: Swift.Error {}

    /// What an upload's parts make, as of one state of them.
    private struct Assembly: Sendable {
        var upload: UploadRecord
        var state: UploadRows.PartsState
        var record: ObjectRecord
        var attributes: ObjectAttributes
        var extents: [Extent]
        /// Of all parts, named ones and others.
        var manifests: [[UInt8]]
    }

    /// Reads and checks the parts, and computes the object; all of which takes long if there are many, and holds nobody up.
    private func assemble(
        _ named: [CompletionPlan.NamedPart], _ bucket: BucketRecord, _ key: String, _ name: String, _ input: WireValue
    ) async throws -> Assembly {
        let found = try await upload(bucket, key, name)
        let (upload, parts, state) = try await database.read { connection in
            let uploads = UploadRows(connection: connection)
            guard let upload = try uploads.upload(found.bucket, found.key, found.upload) else {
                throw AWSError.noSuchUpload(name)
            }
            return try (
                upload, uploads.parts(upload.id, after: 0, limit: Self.maximumParts), uploads.partsState(upload.id)
            )
        }
        let now = time.now
        return try await folder.threads.run {
            let byNumber = Dictionary(parts.map { ($0.number, $0) }, uniquingKeysWith: { $1 })
            let plan = try CompletionPlan(named, byNumber, upload, input: input)
            let (record, attributes, extents) = Self.object(plan, upload, now: now)
            return Assembly(
                upload: upload, state: state, record: record, attributes: attributes, extents: extents,
                manifests: parts.map(\.manifest))
        }
    }

    /// - Throws: ``UploadChanged``.
    private func complete(
        _ whole: Assembly, _ bucket: BucketRecord, _ condition: WriteCondition?, _ location: String, _ call: Call
    ) async throws -> Stored {
        try await change(bucket, EventContext(call)) { transaction in
            let (uploads, key) = (transaction.uploads, whole.upload.key)
            guard let upload = try uploads.upload(bucket.id, key, whole.upload.upload), upload.id == whole.upload.id,
                try uploads.partsState(upload.id) == whole.state
            else { throw UploadChanged() }
            // Each part has named its segments, and the object names them once instead: of most nothing changes.
            let made = try transaction.put(whole.record, extents: [], event: .complete) { current in
                try condition?.check(current, key: key)
                try Self.checkConflict(condition, current, upload)
            }
            try transaction.segments.unlink(whole.manifests, except: whole.extents, at: whole.record.modified)
            try uploads.delete(upload.id)
            let stored = Stored(record: made, attributes: whole.attributes, bucket: transaction.bucket)
            try uploads.complete(
                upload, at: whole.record.modified, answer: WireCoding.encode(Self.answer(stored, location).wire))
            return stored
        }
    }

    private func completed(_ bucket: BucketRecord, _ key: String, _ upload: String) async throws
        -> CompleteMultipartUploadOutput?
    {
        let kept = try await database.read { try UploadRows(connection: $0).completed(bucket.id, key, upload) }
        guard let kept, let answer = WireCoding.decode(kept) else { return nil }
        var output = CompleteMultipartUploadOutput()
        output.location = answer["Location"]?.stringValue
        output.bucket = answer["Bucket"]?.stringValue
        output.key = answer["Key"]?.stringValue
        output.eTag = answer["ETag"]?.stringValue
        for algorithm in ChecksumAlgorithm.allCases {
            if let text = answer[algorithm.member]?.stringValue { output.setChecksum(algorithm, text) }
        }
        output.checksumType = answer["ChecksumType"]?.stringValue
        output.serverSideEncryption = answer["ServerSideEncryption"]?.stringValue
        output.versionId = answer["VersionId"]?.stringValue
        output.expiration = answer["Expiration"]?.stringValue
        return output
    }

    private static func named(_ part: CompletedPart) throws -> CompletionPlan.NamedPart {
        guard let number = part.partNumber, let etag = part.eTag else { throw AWSError.malformedXML }
        guard (1...maximumParts).contains(number) else {
            throw AWSError.invalidArgument(
                "Part number must be an integer between 1 and 10000, inclusive", name: "partNumber",
                value: String(number))
        }
        var checksums: [ChecksumAlgorithm: String] = [:]
        checksums[.crc32] = part.checksumCRC32
        checksums[.crc32c] = part.checksumCRC32C
        checksums[.crc64nvme] = part.checksumCRC64NVME
        checksums[.sha1] = part.checksumSHA1
        checksums[.sha256] = part.checksumSHA256
        return CompletionPlan.NamedPart(number: number, etag: ETagText.plain(etag), checksums: checksums)
    }

    /// Something has happened to the key since the upload was begun that a condition is blind to.
    private static func checkConflict(_ condition: WriteCondition?, _ current: ObjectRecord?, _ upload: UploadRecord)
        throws
    {
        switch condition {
        case nil: return
        case .absent?: if upload.isTouched { throw AWSError.conditionalConflict("If-None-Match", key: upload.key) }
        case .matches?:
            if upload.isTouched || current.map({ $0.sequence > upload.sequence }) ?? false {
                throw AWSError.conditionalConflict("If-Match", key: upload.key)
            }
        }
    }

    private static func object(_ plan: CompletionPlan, _ upload: UploadRecord, now: Timestamp) -> (
        ObjectRecord, ObjectAttributes, [Extent]
    ) {
        var attributes = ObjectAttributes(upload.attributes)
        attributes.checksum = plan.checksum
        attributes.parts = PartList(
            plan.parts.map { part in
                PartList.Part(
                    number: part.number, size: part.size,
                    checksum: plan.checksum?.type == .composite ? part.checksum : nil)
            })
        let extents = plan.parts.flatMap { Manifest.decode($0.manifest) }
        let record = ObjectRecord(
            bucket: upload.bucket, key: upload.key, size: plan.size, etag: plan.etag, modified: now,
            storage: upload.storage, checksum: plan.checksum?.summary ?? 0, owner: upload.owner,
            attributes: attributes.encoded, manifest: Manifest.encode(extents))
        return (record, attributes, extents)
    }

    private static func answer(_ stored: Stored, _ location: String) -> CompleteMultipartUploadOutput {
        let put = stored.output
        var output = CompleteMultipartUploadOutput()
        output.location = location
        output.bucket = stored.bucket.name
        output.key = stored.record.key
        output.eTag = put.eTag
        output.setChecksum(stored.attributes.checksum?.algorithm, stored.attributes.checksum?.text)
        output.checksumType = put.checksumType
        output.serverSideEncryption = put.serverSideEncryption
        output.versionId = put.versionId
        output.expiration = put.expiration
        return output
    }
}

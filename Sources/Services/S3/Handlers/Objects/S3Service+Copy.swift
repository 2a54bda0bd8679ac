public import ServiceKit
import ServiceModel

extension S3Service {
    /// A source as a copy needs it.
    struct Source: Sendable {
        var bucket: BucketRecord
        var record: ObjectRecord
        var attributes: ObjectAttributes
        var customer: CustomerKey?
        /// While it is held nothing of the source is removed.
        var pin: SegmentPin?
    }

    public func copyObject(_ input: CopyObjectRequest, _ call: Call) async throws -> CopyObjectOutput {
        try await withSource { try await copyOnce(input, call) }
    }

    /// Copies again if the source's segments were removed meanwhile: then there is another source, or none.
    func withSource<T>(_ copy: () async throws -> T) async throws -> T {
        for _ in 0..<3 {
            do {
                return try await copy()
            } catch let error as AWSError where error.code == AWSError.operationAborted.code {
                continue
            }
        }
        return try await copy()
    }

    private func copyOnce(_ input: CopyObjectRequest, _ call: Call) async throws -> CopyObjectOutput {
        try ObjectKey.check(input.key)
        let bucket = try await open(input.bucket, call, "s3:PutObject", key: input.key)
        try access(bucket, call).requireImplied(key: input.key)
        let condition = try WriteCondition(call.input)
        let customer = try CustomerKey(call.input)
        try RequestAttributes.checkEncryption(call.input, customer: customer, operation: call.operation)
        let origin = try CopySource(input.copySource)
        let source = try await findSource(origin, call)
        guard source.record.size <= Self.maximumPut else {
            throw AWSError.invalidRequest(
                "The specified copy source is larger than the maximum allowable size for a copy source: \(Self.maximumPut)"
            )
        }
        var attributes = try copied(source, call)
        if input.taggingDirective != "REPLACE", !source.attributes.tags.isEmpty {
            let target = BucketAccess.Target(owner: source.record.owner, attributes: source.attributes)
            try access(source.bucket, reading(call)).require(
                origin.version == nil ? "s3:GetObjectTagging" : "s3:GetObjectVersionTagging",
                key: origin.key, version: origin.version, object: target)
            try access(bucket, call).require("s3:PutObjectTagging", key: input.key)
        }
        let isInPlace = source.bucket.id == bucket.id && source.record.key.isSameKey(as: input.key)
        if isInPlace, origin.version == nil { try requireChange(call.input, bucket, source) }
        try RequestAttributes.readLock(call.input, bucket, now: time.now, into: &attributes)
        let owner = newOwner(call, bucket)
        try setACL(&attributes, call.input, bucket, owner: owner)
        let storage = try StorageClass.stored(input.storageClass)
        let algorithm = try input.checksumAlgorithm.map { name in
            guard let algorithm = ChecksumAlgorithm(name: name) else { throw ChecksumRequest.unsupported }
            return algorithm
        }

        var record = ObjectRecord(
            bucket: bucket.id, key: input.key, size: source.record.size, modified: time.now, storage: storage,
            owner: owner)
        let (extents, body) = try await copyBytes(
            source, into: &record, &attributes, customer: customer, algorithm: algorithm)
        attributes.customerKeyMD5 = customer?.md5
        record.checksum = attributes.checksum?.summary ?? 0
        record.attributes = attributes.encoded
        let new = record
        do {
            let (made, final) = try await change(bucket, EventContext(call)) { transaction in
                let made = try transaction.put(new, extents: extents, event: .copy) {
                    try condition?.check($0, key: new.key)
                }
                return (made, transaction.bucket)
            }
            _ = (source.pin, body?.pin)
            return answer(Stored(record: made, attributes: attributes, bucket: final), source)
        } catch {
            if let body { await receiver.discard(body, after: error) }
            throw error
        }
    }

    private func answer(_ stored: Stored, _ source: Source) -> CopyObjectOutput {
        let put = stored.output
        var result = CopyObjectResult()
        result.eTag = put.eTag
        result.lastModified = stored.record.modified
        result.setChecksum(stored.attributes.checksum?.algorithm, stored.attributes.checksum?.text)
        result.checksumType = put.checksumType
        var output = CopyObjectOutput()
        output.copyObjectResult = result
        output.copySourceVersionId = source.bucket.versioning == .never ? nil : source.record.version
        // Unlike a put, a copy tells of the null version too.
        output.versionId = stored.bucket.versioning == .never ? nil : stored.record.versionName
        output.serverSideEncryption = put.serverSideEncryption
        output.sseCustomerAlgorithm = put.sseCustomerAlgorithm
        output.sseCustomerKeyMD5 = put.sseCustomerKeyMD5
        output.expiration = put.expiration
        return output
    }

    /// The part of a copy that reads.
    private func reading(_ call: Call) -> Call {
        var reading = call
        var input: [String: WireValue] = [:]
        input["ExpectedBucketOwner"] = call.input["ExpectedSourceBucketOwner"]
        input["RequestPayer"] = call.input["RequestPayer"]
        reading.input = .structure(input)
        return reading
    }

    /// The source of a copy, as its caller may read it.
    func findSource(_ origin: CopySource, _ call: Call) async throws -> Source {
        let reading = reading(call)
        let action = origin.version == nil ? "s3:GetObject" : "s3:GetObjectVersion"
        let bucket: BucketRecord
        let record: ObjectRecord
        let attributes: ObjectAttributes
        do {
            (bucket, record, attributes) = try await readable(
                origin.bucket, origin.key, version: origin.version, reading, action, withBody: true)
        } catch let error as AWSError where error.code == "MethodNotAllowed" {
            throw AWSError.invalidRequest(
                "The source of a copy request may not specifically refer to a delete marker by version id.")
        }
        let customer = try CustomerKey(call.input, prefix: "CopySource")
        try checkCustomerKey(customer, attributes)
        guard attributes.isReadable(record.storageClass, now: time.now) else {
            throw S3Error.objectNotInActiveTierError(
                "The source object of the COPY operation is not in the active tier and is only stored in Amazon S3 Glacier."
            )
        }
        try CopySource.check(call.input, record, now: time.now)
        let pin = record.manifest.map { SegmentPin(Manifest.decode($0).map(\.name), folder) }
        return Source(bucket: bucket, record: record, attributes: attributes, customer: customer, pin: pin)
    }

    /// What the copy keeps of the source, and what the request replaces.
    private func copied(_ source: Source, _ call: Call) throws -> ObjectAttributes {
        let input = call.input
        let requested = try RequestAttributes.read(input, operation: call.operation)
        func replaces(_ member: String, _ header: String) throws -> Bool {
            switch input[member]?.stringValue {
            case nil, "COPY"?: return false
            case "REPLACE"?: return true
            case let other?:
                throw AWSError.invalidArgument(
                    "Unknown \(member == "MetadataDirective" ? "metadata" : "tagging") directive.", name: header,
                    value: other)
            }
        }
        var attributes = ObjectAttributes()
        if try replaces("MetadataDirective", "x-amz-metadata-directive") {
            attributes.headers = requested.headers
            attributes.expires = requested.expires
            attributes.metadata = requested.metadata
        } else {
            attributes.headers = source.attributes.headers
            attributes.expires = source.attributes.expires
            attributes.metadata = source.attributes.metadata
            attributes.headers["WebsiteRedirectLocation"] = requested.headers["WebsiteRedirectLocation"]
        }
        attributes.tags =
            try replaces("TaggingDirective", "x-amz-tagging-directive") ? requested.tags : source.attributes.tags
        attributes.checksum = source.attributes.checksum
        return attributes
    }

    private func requireChange(_ input: WireValue, _ bucket: BucketRecord, _ source: Source) throws {
        let changing = [
            "StorageClass", "WebsiteRedirectLocation", "ServerSideEncryption", "SSECustomerAlgorithm",
            "ChecksumAlgorithm",
        ]
        guard input["MetadataDirective"]?.stringValue != "REPLACE", !changing.contains(where: { input[$0] != nil }),
            bucket.settings[BucketRecord.Setting.encryption] == nil, source.attributes.customerKeyMD5 == nil
        else { return }
        throw AWSError.invalidRequest(
            "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes."
        )
    }

    /// Brings the bytes to the new record. Where neither the bytes on disk nor their hashes become others, it names the same segments.
    /// - Returns: the segments that it names, and what was written anew.
    private func copyBytes(
        _ source: Source, into record: inout ObjectRecord, _ attributes: inout ObjectAttributes, customer: CustomerKey?,
        algorithm: ChecksumAlgorithm?
    ) async throws -> ([Extent], ReceivedBody?) {
        let checksum = source.attributes.checksum
        let isPlain = source.attributes.parts.isEmpty && checksum?.type == .fullObject
        let isSameChecksum = algorithm == nil || algorithm == checksum?.algorithm
        if isPlain, isSameChecksum, customer == nil, source.customer == nil, let manifest = source.record.manifest {
            record.manifest = manifest
            record.etag = source.record.etag
            return (Manifest.decode(manifest), nil)
        }
        var request = ChecksumRequest()
        request.required = algorithm ?? checksum?.algorithm
        let bytes = try self.source(source.record, nil, customer: source.customer)
        let body = try await receiver.receive(bytes, checksums: request, customer: customer, limit: Self.maximumPut)
        let (found, value) = try request.verify(body)
        attributes.checksum = StoredChecksum(algorithm: found, type: .fullObject, text: value.base64)
        record.etag = Self.etag(body, customer)
        return (try place(body, in: &record, customer: customer), body)
    }
}

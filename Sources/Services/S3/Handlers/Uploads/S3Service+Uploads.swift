import Persistence
public import ServiceKit
import ServiceModel

extension S3Service {
    public func createMultipartUpload(_ input: CreateMultipartUploadRequest, _ call: Call) async throws
        -> CreateMultipartUploadOutput
    {
        try ObjectKey.check(input.key)
        let bucket = try await open(input.bucket, call, "s3:PutObject", key: input.key)
        try access(bucket, call).requireImplied(key: input.key)
        let customer = try CustomerKey(call.input)
        try RequestAttributes.checkEncryption(call.input, customer: customer, operation: call.operation)
        var attributes = try RequestAttributes.read(call.input, operation: call.operation)
        try RequestAttributes.readLock(call.input, bucket, now: time.now, into: &attributes)
        attributes.customerKeyMD5 = customer?.md5
        let owner = newOwner(call, bucket)
        try setACL(&attributes, call.input, bucket, owner: owner)
        let (algorithm, type) = try Self.checksum(input.checksumAlgorithm, input.checksumType)
        let storage = try StorageClass.stored(input.storageClass)
        var summary = 0
        if let algorithm, let type { summary = StoredChecksum(algorithm: algorithm, type: type, text: "").summary }
        let (now, initiator) = (time.now, call.principal.account ?? "anonymous")
        let (encoded, checksum) = (attributes.encoded, summary)
        let upload = try await change(bucket, EventContext(call)) { transaction in
            guard try BucketRows(connection: transaction.connection).version(bucket.id) == transaction.bucket.version
            else {
                throw StaleBucket()
            }
            let sequence = try transaction.sequence(after: nil)
            let record = UploadRecord(
                upload: UploadID.make(sequence: sequence), bucket: bucket.id, key: input.key, initiated: now,
                sequence: sequence, initiator: initiator, owner: owner, storage: storage,
                checksum: checksum, attributes: encoded)
            try transaction.uploads.insert(record)
            return record.upload
        }
        var output = CreateMultipartUploadOutput()
        output.bucket = bucket.name
        output.key = input.key
        output.uploadId = upload
        output.checksumAlgorithm = algorithm?.name
        output.checksumType = type?.rawValue
        if let customer {
            output.sseCustomerAlgorithm = "AES256"
            output.sseCustomerKeyMD5 = customer.md5
        } else {
            output.serverSideEncryption = "AES256"
        }
        let rule = bucket.lifecycle.filter {
            $0.isEnabled && input.key.hasKeyPrefix($0.filter.prefix) && $0.filter.tags.isEmpty
        }
        .compactMap { rule in rule.abortion(initiated: now).map { ($0, rule.id) } }.min { $0.0 < $1.0 }
        output.abortDate = rule?.0
        output.abortRuleId = rule?.1
        return output
    }

    private static func checksum(_ name: String?, _ type: String?) throws -> (ChecksumAlgorithm?, ChecksumType?) {
        guard let name else {
            if type != nil {
                throw AWSError.invalidRequest(
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
            }
            return (nil, nil)
        }
        guard let algorithm = ChecksumAlgorithm(name: name) else { throw ChecksumRequest.unsupported }
        guard let type else { return (algorithm, algorithm.defaultType) }
        guard let known = ChecksumType(rawValue: type) else {
            throw AWSError.invalidRequest("Value for x-amz-checksum-type header is invalid.")
        }
        if known == .fullObject, !algorithm.isLinear || known == .composite && algorithm == .crc64nvme {
            throw AWSError.invalidRequest(
                "The \(type) checksum type cannot be used with the \(name.lowercased()) checksum algorithm.")
        }
        if known == .composite, algorithm == .crc64nvme {
            throw AWSError.invalidRequest(
                "The \(type) checksum type cannot be used with the \(name.lowercased()) checksum algorithm.")
        }
        return (algorithm, known)
    }

    public func abortMultipartUpload(_ input: AbortMultipartUploadRequest, _ call: Call) async throws
        -> AbortMultipartUploadOutput
    {
        let bucket = try await open(input.bucket, call, "s3:AbortMultipartUpload", key: input.key)
        let upload = try await upload(bucket, input.key, input.uploadId)
        try await abort(upload, of: bucket)
        return AbortMultipartUploadOutput()
    }

    /// The upload goes with all its parts; if there are many, they do after the answer.
    func abort(_ upload: UploadRecord, of bucket: BucketRecord) async throws {
        let now = time.now
        try await jobs.write { [folder] transaction in
            let uploads = UploadRows(connection: transaction.connection)
            guard try uploads.upload(bucket.id, upload.key, upload.upload) != nil else {
                throw AWSError.noSuchUpload(upload.upload)
            }
            if try EndedUploads.removeParts(of: upload.id, now: now, folder, transaction.connection) { return }
            try uploads.end(upload.id)
            try transaction.enqueue(EndedUploads.job(due: now))
        }
    }

    /// - Throws: `NoSuchUpload`.
    func upload(_ bucket: BucketRecord, _ key: String, _ upload: String) async throws -> UploadRecord {
        try ObjectKey.check(key)
        guard !upload.utf8.contains(0),
            let found = try await database.read({ try UploadRows(connection: $0).upload(bucket.id, key, upload) })
        else { throw AWSError.noSuchUpload(upload) }
        return found
    }

    public func listParts(_ input: ListPartsRequest, _ call: Call) async throws -> ListPartsOutput {
        let bucket = try await open(input.bucket, call, "s3:ListMultipartUploadParts", key: input.key)
        let upload = try await upload(bucket, input.key, input.uploadId)
        let limit = try Self.limit(input.maxParts, "max-parts")
        let marker = max(0, input.partNumberMarker ?? 0)
        let found = try await database.read {
            try UploadRows(connection: $0).parts(upload.id, after: marker, limit: limit + 1)
        }
        var output = ListPartsOutput()
        output.bucket = bucket.name
        output.key = input.key
        output.uploadId = input.uploadId
        output.partNumberMarker = marker
        output.maxParts = limit
        output.isTruncated = found.count > limit
        output.nextPartNumberMarker = found.prefix(limit).last?.number ?? 0
        let algorithm = upload.checksumAlgorithm
        let parts = found.prefix(limit).map { record in
            var part = Part()
            part.partNumber = record.number
            part.size = record.size
            part.eTag = "\"\(record.etag)\""
            part.lastModified = record.modified
            part.setChecksum(algorithm, record.checksum)
            return part
        }
        output.parts = parts.isEmpty ? nil : Array(parts)
        output.storageClass = upload.storage ?? "STANDARD"
        output.checksumAlgorithm = algorithm?.name
        output.checksumType = upload.checksumType?.rawValue
        let (initiator, owner) = Self.people(upload, bucket)
        output.initiator = initiator
        output.owner = owner
        return output
    }

    static func people(_ upload: UploadRecord, _ bucket: BucketRecord) -> (Initiator, Owner) {
        (
            Initiator(id: CanonicalID.of(upload.initiator), displayName: "root"),
            Owner(id: upload.owner.map(CanonicalID.of) ?? bucket.ownerID)
        )
    }

    public func listMultipartUploads(_ input: ListMultipartUploadsRequest, _ call: Call) async throws
        -> ListMultipartUploadsOutput
    {
        let bucket = try await open(input.bucket, call, "s3:ListBucketMultipartUploads")
        let names = try ListingNames(encodingType: input.encodingType)
        let limit = try Self.limit(input.maxUploads, "max-uploads")
        let marker = input.keyMarker ?? ""
        let walk = ListingWalk<UploadRecord>(
            prefix: input.prefix ?? "", delimiter: input.delimiter ?? "", limit: limit, isFirstOnly: false, key: \.key,
            place: \.id, isHidden: { _ in false })
        var start = walk.start(after: marker)
        // Without a key the id of an upload says nothing.
        if let id = input.uploadIdMarker, !id.isEmpty, !marker.isEmpty {
            // The upload may be gone, its place is not.
            let latest = clock.next() + SequenceClock.step
            let sequence = UploadID.sequence(id).flatMap { $0 <= latest ? $0 : nil }
            let place = try await database.read { connection -> Int64? in
                let rows = UploadRows(connection: connection)
                if let found = try rows.upload(bucket.id, marker, id) { return found.id + 1 }
                guard let sequence else {
                    throw AWSError.invalidArgument("Invalid uploadId marker", name: "upload-id-marker", value: id)
                }
                return try rows.next(bucket.id, marker, after: sequence)
            }
            if let place { start = .init(key: marker, place: place) }
        }
        let first = start
        let page = try await database.read { connection in
            let rows = UploadRows(connection: connection)
            let end = KeyRange.end(ofPrefix: walk.prefix)
            return try walk.page(from: first) { cursor, limit in
                try rows.page(
                    bucket.id, from: cursor.key, after: cursor.place == .min ? .min : cursor.place - 1, below: end,
                    limit: limit)
            }
        }
        var output = ListMultipartUploadsOutput()
        output.bucket = bucket.name
        output.prefix = input.prefix.map { names($0) }
        output.delimiter = input.delimiter.map { names($0) }
        output.keyMarker = names(marker)
        output.uploadIdMarker = marker.isEmpty ? "" : input.uploadIdMarker ?? ""
        output.maxUploads = limit
        output.encodingType = input.encodingType
        output.isTruncated = page.isTruncated
        output.nextKeyMarker = names(page.lastRow?.key ?? "")
        output.nextUploadIdMarker = page.lastRow?.upload ?? ""
        output.commonPrefixes = Self.commonPrefixes(page.prefixes, names)
        output.uploads =
            page.rows.isEmpty
            ? nil
            : page.rows.map { row in
                var entry = MultipartUpload()
                entry.key = names(row.key)
                entry.uploadId = row.upload
                entry.initiated = row.initiated
                entry.storageClass = row.storage ?? "STANDARD"
                entry.checksumAlgorithm = row.checksumAlgorithm?.name
                entry.checksumType = row.checksumType?.rawValue
                (entry.initiator, entry.owner) = Self.people(row, bucket)
                return entry
            }
        return output
    }
}

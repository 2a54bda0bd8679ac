import Persistence
public import ServiceKit
import ServiceModel

extension S3Service {
    /// AWS's limit for one request.
    static let maximumPut: Int64 = 5 * 1024 * 1024 * 1024

    public func putObject(_ input: PutObjectRequest, _ call: Call) async throws -> PutObjectOutput {
        let record = try await put(input.bucket, input.key, call, event: call.isForm ? .post : .put) {
            call.payload ?? ArraySource(input.body ?? [])
        }
        return record.output
    }

    /// What was stored, as far as the answer tells.
    struct Stored: Sendable {
        var record: ObjectRecord
        var attributes: ObjectAttributes
        var bucket: BucketRecord

        var output: PutObjectOutput {
            var output = PutObjectOutput()
            output.eTag = record.quotedETag
            output.setChecksum(attributes.checksum?.algorithm, attributes.checksum?.text)
            output.checksumType = attributes.checksum?.type.rawValue
            if let md5 = attributes.customerKeyMD5 {
                output.sseCustomerAlgorithm = "AES256"
                output.sseCustomerKeyMD5 = md5
            } else {
                output.serverSideEncryption = "AES256"
            }
            output.versionId = bucket.versioning == .enabled ? record.version : nil
            output.expiration = expiration
            return output
        }

        var expiration: String? {
            guard !bucket.lifecycle.isEmpty else { return nil }
            return LifecycleTerm.expirationHeader(
                bucket.lifecycle, key: record.key, size: record.size, tags: attributes.tags, modified: record.modified)
        }
    }

    /// Takes a body and makes it an object's latest version. `source` is called once the request is known to be good.
    func put(_ name: String, _ key: String, _ call: Call, event: S3Event.Name, source: () -> any ByteSource)
        async throws
        -> Stored
    {
        try ObjectKey.check(key)
        let bucket = try await open(name, call, "s3:PutObject", key: key)
        try access(bucket, call).requireImplied(key: key)
        let input = call.input
        if input["WriteOffsetBytes"] != nil {
            throw AWSError.unsupportedHeader("x-amz-write-offset-bytes")
        }
        let condition = try WriteCondition(input)
        let customer = try CustomerKey(input)
        try RequestAttributes.checkEncryption(input, customer: customer, operation: call.operation)
        let checksums = try ChecksumRequest(input)
        var attributes = try RequestAttributes.read(input, operation: call.operation)
        try RequestAttributes.readLock(input, bucket, now: time.now, into: &attributes)
        let locks = ["ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus"]
        if locks.contains(where: { input[$0] != nil }), checksums.given == nil, checksums.md5 == nil,
            checksums.declared == nil, call.facts != nil, !call.isForm
        {
            throw AWSError.invalidRequest(
                "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
            )
        }
        let storage = try StorageClass.stored(input["StorageClass"]?.stringValue)
        let owner = newOwner(call, bucket)
        try setACL(&attributes, input, bucket, owner: owner)
        if let condition, customer == nil {
            // Known to fail: the body need not come.
            try await database.read { connection in
                try condition.check(
                    ObjectRows(connection: connection).latest(
                        bucket.id, key, withBody: false, withManifest: false), key: key)
            }
        }

        let body = try await receiver.receive(
            source(), checksums: checksums, customer: customer, limit: Self.maximumPut)
        do {
            let (algorithm, value) = try checksums.verify(body)
            attributes.checksum = StoredChecksum(algorithm: algorithm, type: .fullObject, text: value.base64)
            attributes.customerKeyMD5 = customer?.md5
            var record = ObjectRecord(
                bucket: bucket.id, key: key, size: body.size, etag: Self.etag(body, customer), modified: time.now,
                storage: storage, checksum: attributes.checksum?.summary ?? 0, owner: owner,
                attributes: attributes.encoded)
            let extents = try place(body, in: &record, customer: customer)
            let stored = record
            let (result, final) = try await change(bucket, EventContext(call)) { transaction in
                let made = try transaction.put(stored, extents: extents, event: event) {
                    try condition?.check($0, key: key)
                }
                return (made, transaction.bucket)
            }
            _ = body.pin
            return Stored(record: result, attributes: attributes, bucket: final)
        } catch {
            await receiver.discard(body, after: error)
            throw error
        }
    }

    /// With a key of the customer's an ETag says nothing of the bytes.
    static func etag(_ body: ReceivedBody, _ customer: CustomerKey?) -> String {
        Hexadecimal.encode(customer == nil ? body.md5 : SegmentFolder.newName())
    }

    /// Puts the bytes, or where they are, into a row.
    /// - Returns: the segments that the row names.
    func place(_ body: ReceivedBody, in record: inout ObjectRecord, customer: CustomerKey?) throws -> [Extent] {
        switch body.place {
        case .inline(let bytes):
            record.body = try cipher.sealInline(
                bytes, context: ObjectRecord.context(bucket: record.bucket, key: record.key), customer: customer)
            return []
        case .extent(let extent):
            record.manifest = Manifest.encode([extent])
            return [extent]
        }
    }

    /// The account that will own what a caller writes; nil: the bucket's.
    func newOwner(_ call: Call, _ bucket: BucketRecord) -> String? {
        if bucket.isOwnerEnforced { return nil }
        guard let account = call.principal.account, account != bucket.account else { return nil }
        if bucket.ownership == "BucketOwnerPreferred", call.input["ACL"]?.stringValue == "bucket-owner-full-control" {
            return nil
        }
        return account
    }

    /// Keeps the list that a request asks for, if it may.
    func setACL(_ attributes: inout ObjectAttributes, _ input: WireValue, _ bucket: BucketRecord, owner: String?) throws
    {
        let id = owner.map(CanonicalID.of) ?? bucket.ownerID
        let list = try RequestedACL.read(input, owner: id, bucketOwner: bucket.ownerID, isBucket: false)
        try RequestedACL.check(list, input, bucket)
        if let list, list != .private(owner: bucket.ownerID) { attributes.acl = list }
        if list == nil, owner != nil { attributes.acl = .private(owner: id) }
    }
}

public import ServiceKit
import ServiceModel

extension S3Service {
    public func getObject(_ input: GetObjectRequest, _ call: Call) async throws -> Reply {
        let action = input.versionId == nil ? "s3:GetObject" : "s3:GetObjectVersion"
        let (bucket, record, attributes) = try await readable(
            input.bucket, input.key, version: input.versionId, call, action, withBody: true)
        let customer = try CustomerKey(call.input)
        try checkCustomerKey(customer, attributes)
        guard attributes.isReadable(record.storageClass, now: time.now) else {
            throw S3Error.invalidObjectState(
                "The operation is not valid for the object's storage class", storageClass: record.storageClass)
        }
        var (members, range) = try describe(record, attributes, bucket, call)
        try replaceHeaders(&members, call)
        let payload = try source(record, range, customer: customer)
        return Reply(.structure(members), payload: payload, status: members["ContentRange"] == nil ? nil : 206)
    }

    public func headObject(_ input: HeadObjectRequest, _ call: Call) async throws -> Reply {
        let action = input.versionId == nil ? "s3:GetObject" : "s3:GetObjectVersion"
        let (bucket, record, attributes) = try await readable(
            input.bucket, input.key, version: input.versionId, call, action, withBody: false, method: "HEAD")
        try checkCustomerKey(CustomerKey(call.input), attributes)
        var (members, _) = try describe(record, attributes, bucket, call)
        try replaceHeaders(&members, call)
        return Reply(.structure(members), status: members["ContentRange"] == nil ? nil : 206)
    }

    /// Makes the headers what the caller wants them to be, who must be somebody.
    private func replaceHeaders(_ members: inout [String: WireValue], _ call: Call) throws {
        let names = [
            "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires",
        ]
        for name in names {
            guard let text = call.input["Response" + name]?.stringValue else { continue }
            if call.principal == .anonymous {
                throw AWSError.invalidRequest(
                    "Request specific response headers cannot be used for anonymous GET requests.")
            }
            members[name] = .string(text)
        }
    }

    /// A version that the caller may read, by policy or by its list: each of the actions must be allowed.
    func readable(
        _ name: String, _ key: String, version: String?, _ call: Call, _ actions: String..., withBody: Bool,
        method: String = "GET"
    ) async throws -> (BucketRecord, ObjectRecord, ObjectAttributes) {
        let bucket = try await locate(name, call)
        let access = access(bucket, call)
        let isOwn = access.isOwner && bucket.policy == nil
        let record: ObjectRecord
        do {
            record = try await find(bucket, key, version: version, call, withBody: withBody, method: method)
        } catch {
            if !isOwn, (error as? AWSError)?.status == 404 {
                for action in actions { try access.require(action, key: key, version: version) }
            }
            throw error
        }
        let attributes = ObjectAttributes(record.attributes)
        if !isOwn || record.owner != nil {
            let target = BucketAccess.Target(owner: record.owner, attributes: attributes)
            for action in actions { try access.require(action, key: key, version: version, object: target) }
        }
        return (bucket, record, attributes)
    }

    /// The bucket, before anything is known of what the caller may do in it.
    func locate(_ name: String, _ call: Call) async throws -> BucketRecord {
        var found = catalog.known(name)
        if found == nil { found = try await find(name) }
        guard let bucket = found else { throw AWSError.noSuchBucket(name) }
        try checkOwner(call, bucket)
        return bucket
    }

    /// Status and headers of a version, by the conditions and the range of a request.
    private func describe(
        _ record: ObjectRecord, _ attributes: ObjectAttributes, _ bucket: BucketRecord, _ call: Call
    ) throws -> (members: [String: WireValue], range: Range<Int64>?) {
        let input = call.input
        let conditions = ReadConditions(
            ifMatch: input["IfMatch"]?.stringValue, ifNoneMatch: input["IfNoneMatch"]?.stringValue,
            ifModifiedSince: input["IfModifiedSince"]?.timestampValue,
            ifUnmodifiedSince: input["IfUnmodifiedSince"]?.timestampValue)
        if !conditions.isEmpty {
            switch conditions.outcome(etag: record.etag, modified: record.modified, now: time.now) {
            case .met: break
            case .failed(let header): throw AWSError.preconditionFailed(header)
            case .notModified:
                throw AWSError("304", status: 304, fault: .client, message: "Not Modified").with(headers: [
                    "ETag": record.quotedETag, "Last-Modified": HTTPDateText.text(record.modified),
                ])
            }
        }
        var members = headers(record, attributes, bucket)
        var range: Range<Int64>?
        if let number = input["PartNumber"]?.integerValue {
            if input["Range"] != nil {
                throw AWSError.invalidRequest("Cannot specify both Range header and partNumber query parameter")
            }
            range = try part(Int(number), record, attributes, &members)
        } else {
            switch ByteRange(input["Range"]?.stringValue, size: record.size) {
            case .whole: break
            case .part(let part): range = part
            case .unsatisfiable:
                throw AWSError.s3(
                    "InvalidRange", 416, "The requested range is not satisfiable",
                    ["ActualObjectSize": String(record.size), "RangeRequested": input["Range"]?.stringValue ?? ""])
            }
        }
        if let range {
            if record.size > 0 {
                members["ContentRange"] = .string("bytes \(range.lowerBound)-\(range.upperBound - 1)/\(record.size)")
            }
            members["ContentLength"] = .integer(Int64(range.count))
        }
        if input["ChecksumMode"]?.stringValue?.uppercased() == "ENABLED" {
            let number = attributes.parts.isEmpty ? nil : input["PartNumber"]?.integerValue
            addChecksum(
                attributes, part: number.map(Int.init), isWhole: range.map { $0 == 0..<record.size } ?? true, &members)
        }
        if bucket.isPaidByRequester, input["RequestPayer"]?.stringValue == "requester" {
            members["RequestCharged"] = "requester"
        }
        // Rules are about the latest versions, and told to who asks for those.
        if !bucket.lifecycle.isEmpty, input["VersionId"] == nil {
            members["Expiration"] = LifecycleTerm.expirationHeader(
                bucket.lifecycle, key: record.key, size: record.size, tags: attributes.tags, modified: record.modified
            ).map(WireValue.string)
        }
        return (members, range)
    }

    private func headers(_ record: ObjectRecord, _ attributes: ObjectAttributes, _ bucket: BucketRecord) -> [String:
        WireValue]
    {
        var members: [String: WireValue] = [
            "AcceptRanges": "bytes", "ETag": .string(record.quotedETag), "LastModified": .timestamp(record.modified),
            "ContentLength": .integer(record.size),
        ]
        for (name, value) in attributes.headers { members[name] = .string(value) }
        if members["ContentType"] == nil { members["ContentType"] = "binary/octet-stream" }
        if let expires = attributes.expires { members["Expires"] = .string(expires) }
        if !attributes.metadata.isEmpty { members["Metadata"] = .map(attributes.metadata.mapValues(WireValue.string)) }
        if bucket.versioning != .never { members["VersionId"] = .string(record.versionName) }
        if let storage = record.storage { members["StorageClass"] = .string(storage) }
        if let restoration = attributes.restoration { members["Restore"] = .string(Restoration.header(restoration)) }
        if let md5 = attributes.customerKeyMD5 {
            members["SSECustomerAlgorithm"] = "AES256"
            members["SSECustomerKeyMD5"] = .string(md5)
        } else {
            members["ServerSideEncryption"] = "AES256"
        }
        if !attributes.tags.isEmpty { members["TagCount"] = .integer(Int64(attributes.tags.count)) }
        if let retention = attributes.retention {
            members["ObjectLockMode"] = .string(retention.mode)
            members["ObjectLockRetainUntilDate"] = .timestamp(retention.until)
        }
        if attributes.hasLegalHold { members["ObjectLockLegalHoldStatus"] = "ON" }
        return members
    }

    /// The range of one part. An object that was not uploaded in parts is its own first.
    private func part(
        _ number: Int, _ record: ObjectRecord, _ attributes: ObjectAttributes, _ members: inout [String: WireValue]
    ) throws -> Range<Int64>? {
        func refused(_ count: Int) -> AWSError {
            .s3(
                "InvalidPartNumber", 416, "The requested partnumber is not satisfiable",
                ["ActualPartCount": String(count), "PartNumberRequested": String(number)])
        }
        guard (1...10_000).contains(number) else {
            throw AWSError.invalidArgument(
                "Part number must be an integer between 1 and 10000, inclusive", name: "partNumber",
                value: String(number))
        }
        if attributes.parts.isEmpty {
            guard number == 1 else { throw refused(1) }
            return 0..<record.size
        }
        guard number <= attributes.parts.count else { throw refused(attributes.parts.count) }
        members["PartsCount"] = .integer(Int64(attributes.parts.count))
        let begin = attributes.parts.begin(number - 1)
        return begin..<max(begin, attributes.parts.end(number - 1))
    }

    /// The checksum is the whole's; a part has one of its own where the whole's is made of those.
    private func addChecksum(
        _ attributes: ObjectAttributes, part: Int?, isWhole: Bool, _ members: inout [String: WireValue]
    ) {
        guard let checksum = attributes.checksum else { return }
        if let part {
            guard checksum.type == .composite, let text = attributes.parts[part - 1].checksum else { return }
            members[checksum.algorithm.member] = .string(text)
        } else {
            guard isWhole else { return }
            members[checksum.algorithm.member] = .string(checksum.text)
        }
        members["ChecksumType"] = .string(checksum.type.rawValue)
    }
}

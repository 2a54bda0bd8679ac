import Persistence
public import ServiceKit
import ServiceModel

extension S3Service {
    static let maximumParts = 10_000

    public func uploadPart(_ input: UploadPartRequest, _ call: Call) async throws -> UploadPartOutput {
        let bucket = try await open(input.bucket, call, "s3:PutObject", key: input.key)
        try Self.checkNumber(input.partNumber)
        let customer = try CustomerKey(call.input)
        var checksums = try ChecksumRequest(call.input)
        let upload = try await upload(bucket, input.key, input.uploadId)
        let attributes = ObjectAttributes(upload.attributes)
        try Self.checkCustomerKey(customer, of: attributes)
        if let required = upload.checksumAlgorithm {
            if let given = checksums.given?.algorithm ?? checksums.declared, given != required {
                throw AWSError.invalidRequest(
                    "Checksum Type mismatch occurred, expected checksum Type: \(required.name.lowercased()), actual checksum Type: \(given.name.lowercased())"
                )
            }
            checksums.required = required
        } else {
            // The whole will have the default checksum, which follows from those of its parts.
            checksums.required = .crc64nvme
        }
        let body = try await receiver.receive(
            call.payload ?? ArraySource(input.body ?? []), checksums: checksums, customer: customer, inlineLimit: 0,
            limit: Self.maximumPut)
        do {
            let (algorithm, value) = try checksums.verify(body, isPart: true)
            let record = try await store(body, number: input.partNumber, upload, customer: customer, checksum: value)
            _ = body.pin
            var output = UploadPartOutput()
            output.eTag = "\"\(record.etag)\""
            // The part's own, which the client has sent; else that of the upload.
            if let given = checksums.given {
                output.setChecksum(given.algorithm, given.value.base64)
            } else {
                output.setChecksum(algorithm, value.base64)
            }
            if let customer {
                output.sseCustomerAlgorithm = "AES256"
                output.sseCustomerKeyMD5 = customer.md5
            } else {
                output.serverSideEncryption = "AES256"
            }
            return output
        } catch {
            await receiver.discard(body, after: error)
            throw error
        }
    }

    private static func checkNumber(_ number: Int) throws {
        guard (1...maximumParts).contains(number) else {
            throw AWSError.invalidArgument(
                "Part number must be an integer between 1 and 10000, inclusive", name: "partNumber",
                value: String(number))
        }
    }

    private static func checkCustomerKey(_ customer: CustomerKey?, of attributes: ObjectAttributes) throws {
        switch (customer, attributes.customerKeyMD5) {
        case (nil, nil): return
        case (let customer?, let md5?):
            if customer.md5 != md5 {
                throw AWSError.invalidRequest(
                    "The provided encryption parameters did not match the ones used originally.")
            }
        case (nil, _?), (_?, nil):
            throw AWSError.invalidRequest(
                "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters."
            )
        }
    }

    /// Makes a body a part of an upload, in the place of one with the same number.
    private func store(
        _ body: ReceivedBody, number: Int, _ upload: UploadRecord, customer: CustomerKey?, checksum: [UInt8]
    ) async throws -> PartRecord {
        var extents: [Extent] = []
        if case .extent(let extent) = body.place { extents = [extent] }
        return try await store(
            extents, size: body.size, etag: Self.etag(body, customer), number: number, upload, checksum: checksum)
    }

    private func store(
        _ extents: [Extent], size: Int64, etag: String, number: Int, _ upload: UploadRecord, checksum: [UInt8]
    ) async throws -> PartRecord {
        let now = time.now
        let record = PartRecord(
            number: number, size: size, etag: etag, modified: now, checksum: checksum.base64,
            manifest: Manifest.encode(extents))
        try await database.write { [folder] connection in
            let uploads = UploadRows(connection: connection)
            let segments = SegmentRows(connection: connection, folder: folder)
            guard try uploads.upload(upload.bucket, upload.key, upload.upload) != nil else {
                throw AWSError.noSuchUpload(upload.upload)
            }
            try segments.link(extents)
            if let old = try uploads.part(upload.id, number) { try segments.unlink(old.manifest, at: now) }
            try uploads.put(record, upload: upload.id)
        }
        return record
    }

    public func uploadPartCopy(_ input: UploadPartCopyRequest, _ call: Call) async throws -> UploadPartCopyOutput {
        try await withSource { try await copyPart(input, call) }
    }

    private func copyPart(_ input: UploadPartCopyRequest, _ call: Call) async throws -> UploadPartCopyOutput {
        let bucket = try await open(input.bucket, call, "s3:PutObject", key: input.key)
        try Self.checkNumber(input.partNumber)
        let customer = try CustomerKey(call.input)
        let upload = try await upload(bucket, input.key, input.uploadId)
        try Self.checkCustomerKey(customer, of: ObjectAttributes(upload.attributes))
        let source = try await findSource(try CopySource(input.copySource), call)
        let range = try Self.copyRange(input.copySourceRange, size: source.record.size)
        var request = ChecksumRequest()
        request.required = upload.checksumAlgorithm ?? .crc64nvme
        let bytes = try self.source(source.record, range, customer: source.customer)
        let record: PartRecord
        let extents = Manifest.slice(source.record.manifest ?? [], range ?? 0..<source.record.size)
        // A part keeps the whole of each segment that it names: of those that it needs little of, it gets a copy.
        let isShared =
            customer == nil && source.customer == nil && source.record.manifest != nil
            && extents.allSatisfy { $0.length >= $0.size / 2 }
        if isShared {
            // The bytes stay where they are; only their hashes are computed.
            let (md5, checksums, size) = try await hash(bytes, request.algorithms)
            record = try await store(
                extents, size: size, etag: Hexadecimal.encode(md5), number: input.partNumber, upload,
                checksum: checksums[request.required ?? .crc64nvme] ?? [])
        } else {
            let body = try await receiver.receive(
                bytes, checksums: request, customer: customer, inlineLimit: 0, limit: Self.maximumPut)
            do {
                let value = body.checksums[request.required ?? .crc64nvme] ?? []
                record = try await store(body, number: input.partNumber, upload, customer: customer, checksum: value)
                _ = body.pin
            } catch {
                await receiver.discard(body, after: error)
                throw error
            }
        }
        _ = source.pin
        var result = CopyPartResult()
        result.eTag = "\"\(record.etag)\""
        result.lastModified = record.modified
        result.setChecksum(upload.checksumAlgorithm, record.checksum)
        var output = UploadPartCopyOutput()
        output.copyPartResult = result
        output.copySourceVersionId = source.bucket.versioning == .never ? nil : source.record.version
        if let customer {
            output.sseCustomerAlgorithm = "AES256"
            output.sseCustomerKeyMD5 = customer.md5
        } else {
            output.serverSideEncryption = "AES256"
        }
        return output
    }

    /// Reads bytes for their hashes alone.
    private func hash(_ source: any ByteSource, _ algorithms: Set<ChecksumAlgorithm>) async throws -> (
        [UInt8], [ChecksumAlgorithm: [UInt8]], Int64
    ) {
        var hasher = BodyHasher(algorithms)
        var size: Int64 = 0
        while let piece = try await source.next() {
            size += Int64(piece.count)
            let before = hasher
            hasher = try await folder.threads.run {
                var next = before
                piece.withUnsafeBytes { next.update($0) }
                return next
            }
        }
        let (md5, checksums) = hasher.finish()
        return (md5, checksums, size)
    }

    /// Nil: the whole.
    private static func copyRange(_ text: String?, size: Int64) throws -> Range<Int64>? {
        guard let text else { return nil }
        func malformed() -> AWSError {
            .invalidArgument(
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
                name: "x-amz-copy-source-range", value: text)
        }
        guard text.hasPrefix("bytes=") else { throw malformed() }
        let parts = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let first = Int64(parts[0]), let last = Int64(parts[1]), first <= last
        else { throw malformed() }
        guard first < size else {
            throw AWSError.invalidRequest("The specified copy range is invalid for the source object size")
        }
        guard last < size else {
            throw AWSError.invalidArgument(
                "Range specified is not valid for source object of size: \(size)", name: "x-amz-copy-source-range",
                value: text)
        }
        return first..<last + 1
    }
}

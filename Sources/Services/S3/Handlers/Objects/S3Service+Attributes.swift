public import ServiceKit
import ServiceModel

extension S3Service {
    public func getObjectAttributes(_ input: GetObjectAttributesRequest, _ call: Call) async throws
        -> GetObjectAttributesOutput
    {
        let wanted = Set(input.objectAttributes)
        let known: Set = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
        guard !wanted.isEmpty, wanted.isSubset(of: known) else {
            throw AWSError.invalidArgument("Invalid attribute name specified.", name: "x-amz-object-attributes")
        }
        let (bucket, record, attributes) = try await readable(
            input.bucket, input.key, version: input.versionId, call,
            input.versionId == nil ? "s3:GetObject" : "s3:GetObjectVersion",
            input.versionId == nil ? "s3:GetObjectAttributes" : "s3:GetObjectVersionAttributes", withBody: false)
        try checkCustomerKey(CustomerKey(call.input), attributes)
        var output = GetObjectAttributesOutput()
        output.lastModified = record.modified
        if bucket.versioning != .never { output.versionId = record.versionName }
        if wanted.contains("ETag") { output.eTag = record.etag }
        if wanted.contains("ObjectSize") { output.objectSize = record.size }
        if wanted.contains("StorageClass") { output.storageClass = record.storageClass }
        if wanted.contains("Checksum"), let stored = attributes.checksum {
            var checksum = Checksum()
            // Of parts' checksums the document tells no number.
            checksum.setChecksum(stored.algorithm, stored.text.split(separator: "-").first.map(String.init))
            checksum.checksumType = stored.type.rawValue
            output.checksum = checksum
        }
        if wanted.contains("ObjectParts"), !attributes.parts.isEmpty {
            output.objectParts = try parts(attributes, input)
        }
        return output
    }

    private func parts(_ attributes: ObjectAttributes, _ input: GetObjectAttributesRequest) throws
        -> GetObjectAttributesParts
    {
        var parts = GetObjectAttributesParts()
        parts.totalPartsCount = attributes.parts.count
        // Parts are listed one by one only where each has a checksum of its own.
        guard let checksum = attributes.checksum, checksum.type == .composite else { return parts }
        let most = min(max(input.maxParts ?? 1000, 0), 1000)
        let marker = input.partNumberMarker ?? 0
        let rest = attributes.parts.filter { $0.number > marker }
        let shown = rest.prefix(most)
        parts.maxParts = most
        parts.partNumberMarker = marker
        parts.isTruncated = rest.count > shown.count
        parts.nextPartNumberMarker = shown.last?.number ?? 0
        parts.parts = shown.map { info in
            var part = ObjectPart()
            part.partNumber = info.number
            part.size = info.size
            part.setChecksum(checksum.algorithm, info.checksum)
            return part
        }
        return parts
    }
}

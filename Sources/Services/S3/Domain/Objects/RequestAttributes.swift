import ServiceKit
import ServiceModel

/// What a request that writes an object says of it, apart from its bytes. Reads the members that PutObject, CopyObject and
/// CreateMultipartUpload share.
enum RequestAttributes {
    /// In bytes, names and values together.
    static let maximumMetadata = 2048

    /// Headers, metadata and, if asked for, tags.
    static func read(_ input: WireValue, operation: String) throws -> ObjectAttributes {
        var attributes = ObjectAttributes()
        for name in ObjectAttributes.headerNames {
            if let text = input[name]?.stringValue, !text.isEmpty { attributes.headers[name] = text }
        }
        if let location = attributes.headers["WebsiteRedirectLocation"],
            !(location.hasPrefix("/") || location.hasPrefix("http://") || location.hasPrefix("https://"))
        {
            throw AWSError.s3(
                "InvalidRedirectLocation", 400,
                "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.")
        }
        attributes.expires = input["Expires"]?.stringValue
        attributes.metadata = try metadata(input)
        if let text = input["Tagging"]?.stringValue { attributes.tags = try ObjectTags.header(text) }
        return attributes
    }

    private static func metadata(_ input: WireValue) throws -> [String: String] {
        var metadata: [String: String] = [:]
        var size = 0
        for (name, value) in input["Metadata"]?.mapValue ?? [:] {
            let text = value.stringValue ?? ""
            size += name.utf8.count + text.utf8.count
            metadata[name.lowercased()] = text
        }
        if size > maximumMetadata {
            throw AWSError.s3(
                "MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size",
                ["Size": String(size), "MaxSizeAllowed": String(maximumMetadata)])
        }
        return metadata
    }

    /// Refuses encryption that there is no key service for.
    static func checkEncryption(_ input: WireValue, customer: CustomerKey?, operation: String) throws {
        guard let method = input["ServerSideEncryption"]?.stringValue else {
            if input["SSEKMSKeyId"] != nil {
                throw AWSError.invalidArgument(
                    "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
                    name: "x-amz-server-side-encryption")
            }
            return
        }
        if customer != nil {
            throw AWSError.invalidArgument(
                "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
                name: "x-amz-server-side-encryption", value: method)
        }
        switch method {
        case "AES256": return
        case "aws:kms", "aws:kms:dsse":
            throw AWSError.notImplemented(
                service: "s3", operation: operation, parameter: "ServerSideEncryption=\(method)")
        default:
            throw AWSError.invalidArgument(
                "The encryption method specified is not supported", name: "x-amz-server-side-encryption", value: method)
        }
    }

    /// What a request says about locks; what the bucket gives objects otherwise.
    static func readLock(
        _ input: WireValue, _ bucket: BucketRecord, now: Timestamp, into attributes: inout ObjectAttributes
    ) throws {
        let mode = input["ObjectLockMode"]?.stringValue
        let until = input["ObjectLockRetainUntilDate"]?.timestampValue
        let hold = input["ObjectLockLegalHoldStatus"]?.stringValue
        if mode != nil || until != nil || hold != nil, !bucket.hasObjectLock {
            throw AWSError.invalidRequest("Bucket is missing Object Lock Configuration")
        }
        guard bucket.hasObjectLock else { return }
        switch (mode, until) {
        case (nil, nil): attributes.retention = ObjectLock.defaultRetention(bucket, now: now)
        case (let mode?, let until?):
            guard ["GOVERNANCE", "COMPLIANCE"].contains(mode) else {
                throw AWSError.invalidArgument(
                    "Unknown wormMode directive", name: "x-amz-object-lock-mode", value: mode)
            }
            guard until > now else {
                throw AWSError.invalidArgument(
                    "The retain until date must be in the future!", name: "x-amz-object-lock-retain-until-date",
                    value: until.rfc3339)
            }
            attributes.retention = ObjectAttributes.Retention(mode: mode, until: until)
        case (nil, _), (_, nil):
            throw AWSError.invalidArgument(
                "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
                name: mode == nil ? "x-amz-object-lock-mode" : "x-amz-object-lock-retain-until-date")
        }
        switch hold {
        case nil, "OFF"?: break
        case "ON"?: attributes.hasLegalHold = true
        case let other?:
            throw AWSError.invalidArgument(
                "Legal Hold must be either of 'ON' or 'OFF'", name: "x-amz-object-lock-legal-hold", value: other)
        }
    }
}

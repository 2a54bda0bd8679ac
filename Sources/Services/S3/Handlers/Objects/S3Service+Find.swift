import Persistence
import ServiceKit
import ServiceModel

extension S3Service {
    /// A version of an object that a caller may read, as its row has it; with its bytes, or where they are, if that is asked for.
    /// - Throws: `NoSuchKey` and its like; `MethodNotAllowed` for a delete marker that is named.
    func find(
        _ bucket: BucketRecord, _ key: String, version: String?, _ call: Call, withBody: Bool, method: String = "GET"
    ) async throws -> ObjectRecord {
        try ObjectKey.check(key)
        if let version { try checkVersion(version, bucket) }
        let found = try await database.read { connection in
            let rows = ObjectRows(connection: connection)
            if let version, version != VersionID.null || bucket.versioning != .never {
                return try rows.version(bucket.id, key, version, withBody: withBody, withManifest: withBody)
            }
            return try rows.latest(bucket.id, key, withBody: withBody, withManifest: withBody)
        }
        guard let record = found else {
            // Who may not list must not learn what is not there.
            let access = access(bucket, call)
            if !access.isOwner { try access.require("s3:ListBucket") }
            if let version, bucket.versioning != .never { throw AWSError.noSuchVersion(key, version) }
            throw AWSError.noSuchKey(key)
        }
        guard record.isMarker else { return record }
        var headers = ["x-amz-delete-marker": "true", "x-amz-version-id": record.versionName]
        if version != nil {
            headers["Last-Modified"] = HTTPDateText.text(record.modified)
            headers["Allow"] = "DELETE"
            throw AWSError.methodNotAllowed(method, resource: "DeleteMarker").with(headers: headers)
        }
        throw AWSError.noSuchKey(key).with(headers: headers)
    }

    /// Refuses what can be no version's name here.
    func checkVersion(_ version: String, _ bucket: BucketRecord) throws {
        if version == VersionID.null { return }
        if version.isEmpty {
            throw AWSError.invalidArgument("Version id cannot be the empty string", name: "versionId", value: "")
        }
        guard bucket.versioning != .never, VersionID.position(version) != nil else {
            throw AWSError.invalidArgument("Invalid version id specified", name: "versionId", value: version)
        }
    }

    /// Checks the customer's key against the one that the object was written with.
    func checkCustomerKey(_ customer: CustomerKey?, _ attributes: ObjectAttributes) throws {
        switch (customer, attributes.customerKeyMD5) {
        case (nil, nil): return
        case (let customer?, let md5?):
            if customer.md5 != md5 {
                throw AWSError.s3(
                    "AccessDenied", 403,
                    "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key."
                )
            }
        case (nil, _?):
            throw AWSError.invalidRequest(
                "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object."
            )
        case (_?, nil):
            throw AWSError.invalidRequest("The encryption parameters are not applicable to this object.")
        }
    }

    /// The bytes of a version, or a range of them.
    func source(_ record: ObjectRecord, _ range: Range<Int64>?, customer: CustomerKey?) throws -> any ByteSource {
        let range = range ?? 0..<record.size
        if let manifest = record.manifest {
            return SegmentSource(Manifest.slice(manifest, range), folder, cipher, customer: customer)
        }
        guard let sealed = record.body, !sealed.isEmpty else { return ArraySource([]) }
        let bytes = try cipher.openInline(
            sealed, context: ObjectRecord.context(bucket: record.bucket, key: record.key), customer: customer)
        return ArraySource(
            range == 0..<record.size ? bytes : Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
    }
}

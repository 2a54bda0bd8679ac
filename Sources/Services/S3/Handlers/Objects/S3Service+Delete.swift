public import ServiceKit
import ServiceModel

extension S3Service {
    public func deleteObject(_ input: DeleteObjectRequest, _ call: Call) async throws -> DeleteObjectOutput {
        try ObjectKey.check(input.key)
        let action = input.versionId == nil ? "s3:DeleteObject" : "s3:DeleteObjectVersion"
        let bucket = try await open(input.bucket, call, action, key: input.key)
        // Only directory buckets know these.
        if input.ifMatchLastModifiedTime != nil {
            throw AWSError.unsupportedHeader("x-amz-if-match-last-modified-time")
        }
        if input.ifMatchSize != nil { throw AWSError.unsupportedHeader("x-amz-if-match-size") }
        if let version = input.versionId { try checkVersion(version, bucket) }
        if let bypass = input.bypassGovernanceRetention, bypass, !bucket.hasObjectLock {
            throw AWSError.invalidArgument(
                "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
                name: "x-amz-bypass-governance-retention")
        }
        if input.bypassGovernanceRetention == true {
            try access(bucket, call).require("s3:BypassGovernanceRetention", key: input.key)
        }
        let condition = input.ifMatch.map(ETagText.plain)
        let (key, version, bypass) = (input.key, input.versionId, input.bypassGovernanceRetention ?? false)
        let deletion = try await change(bucket, EventContext(call)) { transaction in
            try Self.delete(transaction, key, version: version, condition: condition, bypassesGovernance: bypass)
                ?? S3Transaction.Deletion(version: version)
        }
        var output = DeleteObjectOutput()
        output.deleteMarker = deletion.isMarker ? true : nil
        output.versionId = deletion.version
        return output
    }

    /// - Returns: nil if there is no such version.
    private static func delete(
        _ transaction: S3Transaction, _ key: String, version: String?, condition: String?, bypassesGovernance: Bool
    ) throws -> S3Transaction.Deletion? {
        func check(_ current: ObjectRecord?) throws {
            guard let condition else { return }
            let etag = current.flatMap { $0.isMarker ? nil : $0.etag }
            guard let etag else { throw AWSError.noSuchKey(key) }
            if condition != "*", condition != etag { throw AWSError.preconditionFailed("If-Match") }
        }
        let isNever = transaction.bucket.versioning == .never
        if let version, !(isNever && version == VersionID.null) {
            if condition != nil {
                try check(try transaction.objects.version(transaction.bucket.id, key, version, withBody: false))
            }
            return try transaction.delete(key, version: version, bypassesGovernance: bypassesGovernance)
        }
        var deletion = try transaction.delete(key, check: check)
        if version != nil { deletion.version = version }
        return deletion
    }

    public func deleteObjects(_ input: DeleteObjectsRequest, _ call: Call) async throws -> DeleteObjectsOutput {
        let bucket = try await locate(input.bucket, call)
        let objects = input.delete.objects
        guard (1...1000).contains(objects.count) else { throw AWSError.malformedXML }
        guard !objects.contains(where: \.key.isEmpty) else {
            throw AWSError.s3("UserKeyMustBeSpecified", 400, "The bucket POST must contain the specified field name.")
        }
        let access = access(bucket, call)
        let bypass = input.bypassGovernanceRetention ?? false
        var output = DeleteObjectsOutput()
        var errors: [Error] = []
        var allowed: [ObjectIdentifier] = []
        for object in objects {
            let action = object.versionId == nil ? "s3:DeleteObject" : "s3:DeleteObjectVersion"
            do {
                try ObjectKey.check(object.key)
                if object.lastModifiedTime != nil || object.size != nil {
                    throw AWSError.s3(
                        "NotImplemented", 501, "A header you provided implies functionality that is not implemented")
                }
                try access.require(action, key: object.key, version: object.versionId)
                if bypass { try access.require("s3:BypassGovernanceRetention", key: object.key) }
                allowed.append(object)
            } catch let error as AWSError {
                errors.append(Self.refusal(error, object))
            }
        }
        let wanted = allowed
        let outcomes = try await change(bucket, EventContext(call)) { transaction in
            try wanted.map { object -> Outcome in
                do {
                    if let version = object.versionId, version != VersionID.null,
                        transaction.bucket.versioning == .never || VersionID.position(version) == nil
                    {
                        throw AWSError.noSuchVersion(object.key, version)
                    }
                    let deletion = try Self.delete(
                        transaction, object.key, version: object.versionId, condition: object.eTag.map(ETagText.plain),
                        bypassesGovernance: bypass)
                    guard let deletion else { throw AWSError.noSuchVersion(object.key, object.versionId ?? "") }
                    return .deleted(deletion)
                } catch let error as AWSError {
                    return .refused(error)
                }
            }
        }
        var deleted: [DeletedObject] = []
        for (object, outcome) in zip(wanted, outcomes) {
            switch outcome {
            case .refused(let error): errors.append(Self.refusal(error, object))
            case .deleted(let deletion):
                var entry = DeletedObject()
                entry.key = object.key
                entry.versionId = object.versionId
                if deletion.isMarker {
                    entry.deleteMarker = true
                    entry.deleteMarkerVersionId = deletion.version
                }
                deleted.append(entry)
            }
        }
        if input.delete.quiet != true { output.deleted = deleted.isEmpty ? nil : deleted }
        output.errors = errors.isEmpty ? nil : errors
        return output
    }

    private enum Outcome: Sendable {
        case deleted(S3Transaction.Deletion)
        case refused(AWSError)
    }

    private static func refusal(_ error: AWSError, _ object: ObjectIdentifier) -> Error {
        var entry = Error()
        entry.key = object.key
        entry.versionId = object.versionId
        entry.code = error.code
        entry.message = error.message
        return entry
    }
}

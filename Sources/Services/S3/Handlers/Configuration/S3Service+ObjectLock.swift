public import ServiceKit
import ServiceModel

extension S3Service {
    public func getObjectLockConfiguration(_ input: GetObjectLockConfigurationRequest, _ call: Call) async throws
        -> GetObjectLockConfigurationOutput
    {
        let bucket = try await open(input.bucket, call, "s3:GetBucketObjectLockConfiguration")
        guard let stored = bucket.settings[BucketRecord.Setting.lock] else {
            throw AWSError.s3(
                "ObjectLockConfigurationNotFoundError", 404, "Object Lock configuration does not exist for this bucket",
                ["BucketName": bucket.name])
        }
        return GetObjectLockConfigurationOutput(objectLockConfiguration: try ObjectLockConfiguration(wire: stored))
    }

    public func putObjectLockConfiguration(_ input: PutObjectLockConfigurationRequest, _ call: Call) async throws
        -> PutObjectLockConfigurationOutput
    {
        let bucket = try await open(input.bucket, call, "s3:PutBucketObjectLockConfiguration")
        guard let configuration = call.input["ObjectLockConfiguration"],
            configuration["ObjectLockEnabled"]?.stringValue == "Enabled"
        else { throw AWSError.malformedXML }
        if let rule = configuration["Rule"] {
            guard let retention = rule["DefaultRetention"], let mode = retention["Mode"]?.stringValue,
                ["GOVERNANCE", "COMPLIANCE"].contains(mode),
                (retention["Days"] == nil) != (retention["Years"] == nil)
            else { throw AWSError.malformedXML }
            for (name, most) in [("Days", 36_500), ("Years", 100)] as [(String, Int64)] {
                guard let value = retention[name]?.integerValue else { continue }
                if value <= 0 {
                    throw AWSError.s3(
                        "InvalidArgument", 400, "Default retention period must be a positive integer value.",
                        ["ArgumentName": name.lowercased()])
                }
                if value > most {
                    throw AWSError.s3(
                        "InvalidArgument", 400, "Default retention period is too large.",
                        ["ArgumentName": name.lowercased()])
                }
            }
        }
        try await configure(bucket) { current, settings in
            guard current.versioning == .enabled else {
                throw AWSError.s3(
                    "InvalidBucketState", 409,
                    "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
            }
            settings[BucketRecord.Setting.lock] = configuration
        }
        return PutObjectLockConfigurationOutput()
    }

    private static let missing = AWSError.invalidRequest("Bucket is missing Object Lock Configuration")

    public func getObjectRetention(_ input: GetObjectRetentionRequest, _ call: Call) async throws
        -> GetObjectRetentionOutput
    {
        let (bucket, _, attributes) = try await readable(
            input.bucket, input.key, version: input.versionId, call, "s3:GetObjectRetention", withBody: false)
        guard bucket.hasObjectLock else { throw Self.missing }
        guard let retention = attributes.retention else { throw Self.noLock }
        return GetObjectRetentionOutput(
            retention: ObjectLockRetention(mode: retention.mode, retainUntilDate: retention.until))
    }

    private static let noLock = AWSError.s3(
        "NoSuchObjectLockConfiguration", 404, "The specified object does not have a ObjectLock configuration")

    public func putObjectRetention(_ input: PutObjectRetentionRequest, _ call: Call) async throws
        -> PutObjectRetentionOutput
    {
        let (bucket, _, _) = try await readable(
            input.bucket, input.key, version: input.versionId, call, "s3:PutObjectRetention", withBody: false,
            method: "PUT")
        guard bucket.hasObjectLock else { throw Self.missing }
        let (mode, until) = (input.retention?.mode, input.retention?.retainUntilDate)
        guard (mode == nil) == (until == nil) else { throw AWSError.malformedXML }
        if let mode, !["GOVERNANCE", "COMPLIANCE"].contains(mode) { throw AWSError.malformedXML }
        let now = time.now
        if let until, until <= now {
            throw AWSError.invalidArgument(
                "The retain until date must be in the future!", name: "RetainUntilDate", value: until.rfc3339)
        }
        let bypass = input.bypassGovernanceRetention ?? false
        if bypass { try access(bucket, call).require("s3:BypassGovernanceRetention", key: input.key) }
        _ = try await alter(bucket, input.key, input.versionId, call, event: nil) { attributes in
            if let old = attributes.retention, old.until > now {
                // It may be made longer and stronger by anybody, anything else only with the right to.
                let isStronger = mode.map { $0 == old.mode || $0 == "COMPLIANCE" } ?? false
                let isLonger = until.map { $0 >= old.until } ?? false
                let isFree = old.mode == "GOVERNANCE" && bypass
                guard isFree || (isStronger && isLonger) else {
                    throw AWSError.s3("AccessDenied", 403, "Access Denied because object protected by object lock.")
                }
            }
            attributes.retention = mode.flatMap { mode in
                until.map { ObjectAttributes.Retention(mode: mode, until: $0) }
            }
        }
        return PutObjectRetentionOutput()
    }

    public func getObjectLegalHold(_ input: GetObjectLegalHoldRequest, _ call: Call) async throws
        -> GetObjectLegalHoldOutput
    {
        let (bucket, _, attributes) = try await readable(
            input.bucket, input.key, version: input.versionId, call, "s3:GetObjectLegalHold", withBody: false)
        guard bucket.hasObjectLock else { throw Self.missing }
        guard attributes.hasLegalHold || attributes.wasHeld else { throw Self.noLock }
        return GetObjectLegalHoldOutput(legalHold: ObjectLockLegalHold(status: attributes.hasLegalHold ? "ON" : "OFF"))
    }

    public func putObjectLegalHold(_ input: PutObjectLegalHoldRequest, _ call: Call) async throws
        -> PutObjectLegalHoldOutput
    {
        let (bucket, _, _) = try await readable(
            input.bucket, input.key, version: input.versionId, call, "s3:PutObjectLegalHold", withBody: false,
            method: "PUT")
        guard bucket.hasObjectLock else { throw Self.missing }
        guard let status = input.legalHold?.status, ["ON", "OFF"].contains(status) else { throw AWSError.malformedXML }
        _ = try await alter(bucket, input.key, input.versionId, call, event: nil) { attributes in
            attributes.hasLegalHold = status == "ON"
            attributes.wasHeld = true
        }
        return PutObjectLegalHoldOutput()
    }
}

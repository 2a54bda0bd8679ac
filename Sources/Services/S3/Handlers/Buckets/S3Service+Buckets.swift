import Logging
import Persistence
public import ServiceKit
import ServiceModel

extension S3Service {
    /// AWS's default quota.
    static let maximumBuckets = 10_000

    /// Whose buckets a call is about. Services have none.
    private static func account(_ call: Call) throws -> String {
        if case .service = call.principal { throw AWSError.s3AccessDenied }
        guard let account = call.principal.account else { throw AWSError.s3AccessDenied }
        return account
    }

    public func createBucket(_ input: CreateBucketRequest, _ call: Call) async throws -> CreateBucketOutput {
        let account = try Self.account(call)
        try BucketName.check(input.bucket)
        if input.bucketNamespace != nil {
            throw AWSError.notImplemented(service: "s3", operation: "CreateBucket", parameter: "BucketNamespace")
        }
        let (region, constraint) = try BucketRegion.read(
            input.createBucketConfiguration?.locationConstraint, call.region)
        if input.createBucketConfiguration?.bucket != nil || input.createBucketConfiguration?.location != nil {
            throw AWSError.notImplemented(
                service: "s3", operation: "CreateBucket", parameter: "CreateBucketConfiguration.Bucket")
        }
        let settings = try firstSettings(input, call, owner: CanonicalID.of(account), constraint: constraint)
        try await clock.reserve(database)
        let bucket = BucketRecord(
            id: 0, name: input.bucket, account: account, region: region, created: time.now, version: clock.next(),
            settings: settings)
        let isMade = try await database.write { connection in
            let rows = BucketRows(connection: connection)
            if let present = try rows.bucket(bucket.name) {
                guard present.account == account else {
                    throw S3Error.bucketAlreadyExists(
                        "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."
                    ).with(["BucketName": bucket.name])
                }
                // As ever in the first region: who owns it is told that it is there.
                guard region == "us-east-1", present.region == "us-east-1" else {
                    throw S3Error.bucketAlreadyOwnedByYou(
                        "Your previous request to create the named bucket succeeded and you already own it."
                    ).with(["BucketName": bucket.name])
                }
                return false
            }
            guard try rows.count(account: account) < Self.maximumBuckets else {
                throw AWSError.s3("TooManyBuckets", 400, "You have attempted to create more buckets than allowed")
            }
            try rows.insert(bucket)
            return true
        }
        if isMade { catalog.forget(bucket.name) }
        var output = CreateBucketOutput()
        output.location = region == "us-east-1" ? "/\(bucket.name)" : "http://\(bucket.name).s3.amazonaws.com/"
        output.bucketArn = bucket.arn
        return output
    }

    private func firstSettings(_ input: CreateBucketRequest, _ call: Call, owner: String, constraint: String?) throws
        -> [String: WireValue]
    {
        typealias Setting = BucketRecord.Setting
        var settings: [String: WireValue] = [Setting.publicAccess: PublicAccessBlock.everything]
        let ownership = input.objectOwnership ?? "BucketOwnerEnforced"
        guard ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"].contains(ownership) else {
            throw AWSError.invalidArgument(
                "Invalid x-amz-object-ownership header: \(ownership)", name: "x-amz-object-ownership")
        }
        settings[Setting.ownership] = .string(ownership)
        if let list = try RequestedACL.read(call.input, owner: owner, bucketOwner: owner, isBucket: true) {
            if ownership == "BucketOwnerEnforced", list != .private(owner: owner) {
                throw AWSError.s3(
                    "InvalidBucketAclWithObjectOwnership", 400,
                    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
            }
            if list.isPublic {
                throw AWSError.s3(
                    "InvalidBucketAclWithBlockPublicAccessError", 400,
                    "Bucket cannot have public ACLs set with BlockPublicAccess enabled")
            }
            settings[Setting.acl] = list.wire
        }
        if input.objectLockEnabledForBucket == true {
            settings[Setting.lock] = .structure(["ObjectLockEnabled": "Enabled"])
            settings[Setting.versioning] = "Enabled"
        }
        if let tags = input.createBucketConfiguration?.tags, !tags.isEmpty {
            let set = WireValue.structure([
                "TagSet": .list(tags.map { .structure(["Key": .string($0.key), "Value": .string($0.value)]) })
            ])
            settings[Setting.tags] = ObjectTags.stored(try ObjectTags.document(set, limit: 50))
        }
        if constraint == "EU" { settings[Setting.location] = "EU" }
        return settings
    }

    public func deleteBucket(_ input: DeleteBucketRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:DeleteBucket")
        defer { catalog.forget(bucket.name) }
        let now = time.now
        try await jobs.write { transaction in
            let connection = transaction.connection
            guard try ObjectRows(connection: connection).isEmpty(bucket.id) else {
                throw AWSError.s3(
                    "BucketNotEmpty", 409, "The bucket you tried to delete is not empty", ["BucketName": bucket.name])
            }
            guard try BucketRows(connection: connection).version(bucket.id) != nil else {
                throw AWSError.noSuchBucket(bucket.name)
            }
            // Uploads that are under way end with their bucket.
            if try UploadRows(connection: connection).endAll(bucket.id) > 0 {
                try transaction.enqueue(EndedUploads.job(due: now))
            }
            try BucketRows(connection: connection).delete(bucket.id)
            try JobTransaction.removeLane(kind: LifecycleWorker.kind, String(bucket.id), on: connection)
            try JobTransaction.removeLane(
                kind: RestorationJob.kind, RestorationJob.lane(bucket.id), on: connection)
        }
    }

    public func headBucket(_ input: HeadBucketRequest, _ call: Call) async throws -> Reply {
        let bucket = try await open(input.bucket, call, "s3:ListBucket")
        var output = HeadBucketOutput()
        output.bucketRegion = bucket.region
        output.accessPointAlias = false
        output.bucketArn = bucket.arn
        return Reply(output.wire)
    }

    public func getBucketLocation(_ input: GetBucketLocationRequest, _ call: Call) async throws
        -> GetBucketLocationOutput
    {
        let bucket = try await open(input.bucket, call, "s3:GetBucketLocation")
        let name = bucket.settings[BucketRecord.Setting.location]?.stringValue ?? bucket.region
        var output = GetBucketLocationOutput()
        output.locationConstraint = name == "us-east-1" ? nil : name
        return output
    }

    public func listBuckets(_ input: ListBucketsRequest, _ call: Call) async throws -> ListBucketsOutput {
        let account = try Self.account(call)
        if let region = input.bucketRegion, !BucketRegion.isKnown(region) {
            throw AWSError.invalidArgument("Argument value \(region) is not a valid AWS Region", name: "bucket-region")
        }
        var after = ""
        if let token = input.continuationToken, !token.isEmpty {
            guard let text = ContinuationToken.decode(token) else {
                throw AWSError.invalidArgument(
                    "The continuation token provided is incorrect", name: "continuation-token")
            }
            after = text
        }
        if let most = input.maxBuckets, !(1...10_000).contains(most) {
            throw AWSError.invalidArgument(
                "Argument max-buckets must be an integer between 1 and 10000.", name: "max-buckets")
        }
        let limit = input.maxBuckets ?? 10_000
        let start = after
        let found = try await database.read {
            try BucketRows(connection: $0).page(
                account: account, prefix: input.prefix ?? "", after: start, region: input.bucketRegion, limit: limit + 1
            )
        }
        // Only who asks for pages or a part is told regions, as on AWS.
        let isDetailed =
            input.maxBuckets != nil || input.prefix != nil || input.bucketRegion != nil
            || input.continuationToken != nil
        var output = ListBucketsOutput()
        output.buckets = found.prefix(limit).map { bucket in
            var entry = Bucket()
            entry.name = bucket.name
            entry.creationDate = bucket.created
            entry.bucketArn = bucket.arn
            if isDetailed { entry.bucketRegion = bucket.region }
            return entry
        }
        output.owner = Owner(id: CanonicalID.of(account))
        output.prefix = input.prefix
        if found.count > limit, let last = found.prefix(limit).last {
            output.continuationToken = ContinuationToken.encode(last.name)
        }
        return output
    }
}

public import ServiceKit
import ServiceModel

extension S3Service {
    public func getBucketOwnershipControls(_ input: GetBucketOwnershipControlsRequest, _ call: Call) async throws
        -> GetBucketOwnershipControlsOutput
    {
        let bucket = try await open(input.bucket, call, "s3:GetBucketOwnershipControls")
        guard let ownership = bucket.ownership else {
            throw AWSError.s3(
                "OwnershipControlsNotFoundError", 404, "The bucket ownership controls were not found",
                ["BucketName": bucket.name])
        }
        return GetBucketOwnershipControlsOutput(
            ownershipControls: OwnershipControls(rules: [OwnershipControlsRule(objectOwnership: ownership)]))
    }

    public func putBucketOwnershipControls(_ input: PutBucketOwnershipControlsRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:PutBucketOwnershipControls")
        let rules = input.ownershipControls.rules
        guard rules.count == 1, let ownership = rules.first?.objectOwnership,
            ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"].contains(ownership)
        else { throw AWSError.malformedXML }
        try await configure(bucket) { current, settings in
            if ownership == "BucketOwnerEnforced", current.acl != .private(owner: current.ownerID) {
                throw AWSError.s3(
                    "InvalidBucketAclWithObjectOwnership", 400,
                    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
            }
            settings[BucketRecord.Setting.ownership] = .string(ownership)
        }
    }

    public func deleteBucketOwnershipControls(_ input: DeleteBucketOwnershipControlsRequest, _ call: Call) async throws
    {
        let bucket = try await open(input.bucket, call, "s3:PutBucketOwnershipControls")
        try await set(BucketRecord.Setting.ownership, nil, of: bucket)
    }

    // MARK: Public access

    public func getPublicAccessBlock(_ input: GetPublicAccessBlockRequest, _ call: Call) async throws
        -> GetPublicAccessBlockOutput
    {
        let bucket = try await open(input.bucket, call, "s3:GetBucketPublicAccessBlock")
        guard bucket.settings[BucketRecord.Setting.publicAccess] != nil else {
            throw AWSError.s3(
                "NoSuchPublicAccessBlockConfiguration", 404, "The public access block configuration was not found",
                ["BucketName": bucket.name])
        }
        let block = bucket.publicAccess
        return GetPublicAccessBlockOutput(
            publicAccessBlockConfiguration: PublicAccessBlockConfiguration(
                blockPublicAcls: block.blockPublicACLs, ignorePublicAcls: block.ignorePublicACLs,
                blockPublicPolicy: block.blockPublicPolicy, restrictPublicBuckets: block.restrictPublicBuckets))
    }

    public func putPublicAccessBlock(_ input: PutPublicAccessBlockRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:PutBucketPublicAccessBlock")
        let given = call.input["PublicAccessBlockConfiguration"]?.structureValue ?? [:]
        let names = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
        guard names.contains(where: { given[$0] != nil }) else {
            throw AWSError.invalidRequest("Must specify at least one configuration.")
        }
        var stored: [String: WireValue] = [:]
        for name in names { stored[name] = given[name] ?? false }
        try await set(BucketRecord.Setting.publicAccess, .structure(stored), of: bucket)
    }

    public func deletePublicAccessBlock(_ input: DeletePublicAccessBlockRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:PutBucketPublicAccessBlock")
        try await set(BucketRecord.Setting.publicAccess, nil, of: bucket)
    }

    // MARK: Policy

    public func getBucketPolicy(_ input: GetBucketPolicyRequest, _ call: Call) async throws -> GetBucketPolicyOutput {
        let bucket = try await open(input.bucket, call, "s3:GetBucketPolicy")
        return GetBucketPolicyOutput(policy: try policy(bucket))
    }

    private func policy(_ bucket: BucketRecord) throws -> String {
        guard let text = bucket.settings[BucketRecord.Setting.policy]?.stringValue else {
            throw AWSError.s3(
                "NoSuchBucketPolicy", 404, "The bucket policy does not exist", ["BucketName": bucket.name])
        }
        return text
    }

    public func putBucketPolicy(_ input: PutBucketPolicyRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:PutBucketPolicy")
        let text = input.policy ?? ""
        let policy = try BucketPolicyRules.parse(text, bucket: bucket)
        let isPublic = PublicPolicy.isPublic(policy)
        try await configure(bucket) { current, settings in
            if isPublic, current.publicAccess.blockPublicPolicy { throw AWSError.s3AccessDenied }
            settings[BucketRecord.Setting.policy] = .string(text)
        }
    }

    public func deleteBucketPolicy(_ input: DeleteBucketPolicyRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:DeleteBucketPolicy")
        try await set(BucketRecord.Setting.policy, nil, of: bucket)
    }

    public func getBucketPolicyStatus(_ input: GetBucketPolicyStatusRequest, _ call: Call) async throws
        -> GetBucketPolicyStatusOutput
    {
        let bucket = try await open(input.bucket, call, "s3:GetBucketPolicyStatus")
        _ = try policy(bucket)
        let isPublic = bucket.policy.map(PublicPolicy.isPublic) ?? false
        return GetBucketPolicyStatusOutput(policyStatus: PolicyStatus(isPublic: isPublic))
    }
}

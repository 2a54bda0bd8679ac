public import ServiceKit
import ServiceModel

extension S3Service {
    public func getBucketAcl(_ input: GetBucketAclRequest, _ call: Call) async throws -> GetBucketAclOutput {
        let bucket = try await open(input.bucket, call, "s3:GetBucketAcl")
        let list = bucket.isOwnerEnforced ? .private(owner: bucket.ownerID) : bucket.acl
        return GetBucketAclOutput(owner: Owner(id: list.owner), grants: try list.generated)
    }

    public func putBucketAcl(_ input: PutBucketAclRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:PutBucketAcl")
        let list = try requested(call, owner: bucket.ownerID, bucket, isBucket: true)
        try await set(BucketRecord.Setting.acl, list.wire, of: bucket)
    }

    public func getObjectAcl(_ input: GetObjectAclRequest, _ call: Call) async throws -> GetObjectAclOutput {
        let (bucket, record, attributes) = try await readable(
            input.bucket, input.key, version: input.versionId, call,
            input.versionId == nil ? "s3:GetObjectAcl" : "s3:GetObjectVersionAcl", withBody: false)
        let owner = record.owner.map(CanonicalID.of) ?? bucket.ownerID
        let list = bucket.isOwnerEnforced ? .private(owner: owner) : attributes.acl ?? .private(owner: owner)
        return GetObjectAclOutput(owner: Owner(id: list.owner), grants: try list.generated)
    }

    public func putObjectAcl(_ input: PutObjectAclRequest, _ call: Call) async throws -> PutObjectAclOutput {
        let (bucket, record, _) = try await readable(
            input.bucket, input.key, version: input.versionId, call,
            input.versionId == nil ? "s3:PutObjectAcl" : "s3:PutObjectVersionAcl", withBody: false, method: "PUT")
        let owner = record.owner.map(CanonicalID.of) ?? bucket.ownerID
        let list = try requested(call, owner: owner, bucket, isBucket: false)
        _ = try await alter(bucket, input.key, input.versionId, call, event: .aclPut) { attributes in
            attributes.acl = list == .private(owner: owner) ? nil : list
        }
        return PutObjectAclOutput()
    }

    /// The list that a request asks for, in one of three ways.
    private func requested(_ call: Call, owner: String, _ bucket: BucketRecord, isBucket: Bool) throws
        -> AccessControlList
    {
        let list = try RequestedACL.read(call.input, owner: owner, bucketOwner: bucket.ownerID, isBucket: isBucket)
        let policy = call.input["AccessControlPolicy"]
        let chosen: AccessControlList
        switch (list, policy) {
        case (let list?, nil): chosen = list
        case (nil, let policy?): chosen = try RequestedACL.document(policy, owner: owner)
        case (_?, _?):
            throw AWSError.s3(
                "UnexpectedContent", 400, "This request does not support content")
        case (nil, nil):
            throw AWSError.s3(
                "MissingSecurityHeader", 400, "Your request was missing a required header",
                ["MissingHeaderName": "x-amz-acl"])
        }
        if bucket.isOwnerEnforced {
            throw AWSError.s3("AccessControlListNotSupported", 400, "The bucket does not allow ACLs")
        }
        if bucket.publicAccess.blockPublicACLs, chosen.isPublic { throw AWSError.s3AccessDenied }
        return chosen
    }
}

extension AccessControlList {
    /// As the generated outputs have it.
    var generated: [S3Grant] {
        get throws { try wireGrants.listValue?.map { try S3Grant(wire: $0) } ?? [] }
    }
}

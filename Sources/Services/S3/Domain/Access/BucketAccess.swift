import ServiceKit
import ServiceModel

/// Whether a caller may do something to a bucket or an object: what its policy says, its access control lists, and who owns it. The caller's own
/// policies were asked before. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html>.
struct BucketAccess {
    /// The object that a request is about, where it is there.
    struct Target {
        /// The account that owns it; nil: the bucket's.
        var owner: String?
        var attributes: ObjectAttributes
    }

    let bucket: BucketRecord
    let call: Call
    let now: Timestamp

    /// - Throws: `AccessDenied`.
    func require(_ action: String, key: String? = nil, version: String? = nil, object: Target? = nil) throws {
        guard paysIfAsked(action), permits(action, key: key, version: version, object: object) else {
            throw AWSError.s3AccessDenied
        }
    }

    /// What a request that writes an object asks for beside that: its tags, its list, its locks.
    /// - Throws: `AccessDenied`.
    func requireImplied(key: String) throws {
        let input = call.input
        func names(_ members: String...) -> Bool { members.contains { input[$0] != nil } }
        if names("Tagging") { try require("s3:PutObjectTagging", key: key) }
        if names("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP") {
            try require("s3:PutObjectAcl", key: key)
        }
        if names("ObjectLockMode", "ObjectLockRetainUntilDate") { try require("s3:PutObjectRetention", key: key) }
        if names("ObjectLockLegalHoldStatus") { try require("s3:PutObjectLegalHold", key: key) }
    }

    func permits(_ action: String, key: String? = nil, version: String? = nil, object: Target? = nil) -> Bool {
        let isOwn = isOwner
        let foreign = bucket.isOwnerEnforced ? nil : object?.owner
        // Nearly always there is nothing to ask.
        if isOwn, bucket.policy == nil, foreign == nil { return true }
        switch policyDecision(action, key: key, version: version, object: object) {
        case .denied, .undecidable(_, .deny):
            // A denial that can't be evaluated denies.
            if isOwn, Self.remainsWithOwner(action), case .root = call.principal { return true }
            return false
        // A bucket's policy can't give what belongs to somebody else.
        case .allowed: if foreign == nil { return true }
        case .silent, .undecidable(_, .allow): break
        }
        if let foreign { return isOf(foreign) || listsPermit(action, object) }
        if isOwn { return true }
        return !bucket.isOwnerEnforced && listsPermit(action, object)
    }

    /// Whether the caller belongs to the bucket's account. A service acts for its own account only through the bucket's policy.
    var isOwner: Bool { isOf(bucket.account) }

    private func isOf(_ account: String) -> Bool {
        if case .service = call.principal { return false }
        return call.principal.account == account
    }

    /// What a root user may always do, lest nobody could undo a policy.
    private static func remainsWithOwner(_ action: String) -> Bool {
        ["s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:DeleteBucketPolicy"].contains(action)
    }

    /// Where the requester pays, others than the owner must say that they know. See
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html>.
    private func paysIfAsked(_ action: String) -> Bool {
        guard bucket.isPaidByRequester, !isOwner else { return true }
        if case .service = call.principal { return true }
        let isCharged = action.contains("Object") || action.hasPrefix("s3:List") || action.contains("MultipartUpload")
        return !isCharged || call.principal != .anonymous && call.input["RequestPayer"]?.stringValue == "requester"
    }

    // MARK: Policy

    private func policyDecision(
        _ action: String, key: String?, version: String?, object: Target?
    ) -> TrustEvaluation.Decision {
        guard let policy = bucket.policy else { return .silent }
        let keys = RequestKeys(bucket: bucket, call: call, now: now, version: version, object: object?.attributes)
        var evaluation = TrustEvaluation(
            principal: call.principal, more: keys.single, sets: keys.sets, knowing: RequestKeys.known)
        evaluation.admitsAnonymous = true
        evaluation.canonicalUser = call.principal.account.map(CanonicalID.of)
        let decision = evaluation.decide(
            policy, action: action, resource: key.map { "\(bucket.arn)/\($0)" } ?? bucket.arn)
        // What is public counts for nobody outside the account where that is blocked.
        if decision == .allowed, !isOwner, bucket.publicAccess.restrictPublicBuckets, PublicPolicy.isPublic(policy) {
            if case .service = call.principal { return .allowed }
            return .silent
        }
        return decision
    }

    // MARK: Lists

    private func listsPermit(_ action: String, _ object: Target?) -> Bool {
        let user = call.principal.account.map(CanonicalID.of)
        let ignored = bucket.publicAccess.ignorePublicACLs
        func list(_ list: AccessControlList?, _ permission: AccessControlList.Permission) -> Bool {
            list?.permits(permission, to: user, ignoringPublic: ignored) ?? false
        }
        let acl = object?.attributes.acl
        switch action {
        case "s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads": return list(bucket.acl, .read)
        case "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload": return list(bucket.acl, .write)
        case "s3:GetBucketAcl": return list(bucket.acl, .readACP)
        case "s3:PutBucketAcl": return list(bucket.acl, .writeACP)
        case "s3:GetObject", "s3:GetObjectVersion": return list(acl, .read)
        case "s3:GetObjectAcl", "s3:GetObjectVersionAcl": return list(acl, .readACP)
        // Who may write objects says whose they are.
        case "s3:PutObjectAcl" where object == nil: return list(bucket.acl, .write)
        case "s3:PutObjectAcl", "s3:PutObjectVersionAcl": return list(acl, .writeACP)
        default: return false
        }
    }
}

import ServiceKit
import ServiceModel

/// Whether a caller may do something to a bucket or an object: what its policy says, its access control lists, and who owns it. The caller's own
/// policies were asked before. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html>.
struct BucketAccess {
    let bucket: BucketRecord
    let call: Call

    /// - Throws: `AccessDenied`.
    func require(_ action: String, key: String? = nil, object: ObjectAttributes? = nil) throws {
        let isOwn = isOwner
        // Nearly always there is nothing to ask.
        if isOwn, bucket.policy == nil { return }
        switch policyDecision(action, key: key) {
        case .denied:
            if isOwn, Self.remainsWithOwner(action), case .root = call.principal { return }
            throw AWSError.s3AccessDenied
        case .allowed: return
        case .silent: break
        }
        if isOwn { return }
        if !bucket.isOwnerEnforced, listsPermit(action, object) { return }
        throw AWSError.s3AccessDenied
    }

    /// Whether the caller belongs to the bucket's account. A service acts for its own account only through the bucket's policy.
    var isOwner: Bool {
        if case .service = call.principal { return false }
        return call.principal.account == bucket.account
    }

    /// Whether nobody in particular asks, or anybody with an account.
    private var isStranger: Bool { !isOwner }

    /// What a root user may always do, lest nobody could undo a policy.
    private static func remainsWithOwner(_ action: String) -> Bool {
        ["s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:DeleteBucketPolicy"].contains(action)
    }

    // MARK: Policy

    private enum Decision { case allowed, denied, silent }

    private func policyDecision(_ action: String, key: String?) -> Decision {
        guard let policy = bucket.policy else { return .silent }
        let resource = key.map { "\(bucket.arn)/\($0)" } ?? bucket.arn
        let matching = policy.statements.filter { statement in
            guard let resources = statement.resources else { return false }
            return resources.values.contains { PolicyPattern.matches($0, resource) } != resources.isNegated
        }
        if matching.isEmpty { return .silent }
        var evaluation = TrustEvaluation(principal: call.principal, more: keys, knowing: Self.knownKeys)
        evaluation.admitsAnonymous = true
        let denials = PolicyDocument(
            version: policy.version, statements: matching.filter { $0.effect == .deny }.map(Self.asPermission))
        switch evaluation.decide(denials, action: action) {
        // A denial that can't be evaluated denies.
        case .allowed, .undecidable: return .denied
        case .denied: break
        }
        let permissions = PolicyDocument(version: policy.version, statements: matching.filter { $0.effect == .allow })
        guard case .allowed = evaluation.decide(permissions, action: action) else { return .silent }
        // What is public counts for nobody outside the account where that is blocked.
        if bucket.publicAccess.restrictPublicBuckets, isStranger, BucketPolicyRules.isPublic(policy) {
            if case .service = call.principal { return .allowed }
            return .silent
        }
        return .allowed
    }

    private static func asPermission(_ statement: PolicyStatement) -> PolicyStatement {
        var statement = statement
        statement.effect = .allow
        return statement
    }

    private static let knownKeys: Set<String> = [
        "s3:prefix", "s3:delimiter", "s3:max-keys", "s3:x-amz-acl", "s3:versionid", "s3:x-amz-server-side-encryption",
        "s3:x-amz-storage-class", "s3:x-amz-copy-source", "aws:securetransport", "s3:x-amz-content-sha256",
        "aws:sourceip", "s3:x-amz-metadata-directive",
    ]

    private var keys: [String: String] {
        var keys: [String: String] = [:]
        func note(_ key: String, _ member: String) {
            if let text = call.input[member]?.stringValue { keys[key] = text }
        }
        note("s3:prefix", "Prefix")
        note("s3:delimiter", "Delimiter")
        note("s3:x-amz-acl", "ACL")
        note("s3:versionid", "VersionId")
        note("s3:x-amz-server-side-encryption", "ServerSideEncryption")
        note("s3:x-amz-storage-class", "StorageClass")
        note("s3:x-amz-copy-source", "CopySource")
        note("s3:x-amz-metadata-directive", "MetadataDirective")
        if let most = call.input["MaxKeys"]?.integerValue { keys["s3:max-keys"] = String(most) }
        keys["aws:securetransport"] = call.endpoint.hasPrefix("https:") ? "true" : "false"
        keys["aws:sourceip"] = call.sourceAddress
        return keys
    }

    // MARK: Lists

    private func listsPermit(_ action: String, _ object: ObjectAttributes?) -> Bool {
        let user = call.principal.account.map(CanonicalID.of)
        let ignored = bucket.publicAccess.ignorePublicACLs
        func list(_ list: AccessControlList, _ permission: AccessControlList.Permission) -> Bool {
            list.permits(permission, to: user, ignoringPublic: ignored)
        }
        switch action {
        case "s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads": return list(bucket.acl, .read)
        case "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload": return list(bucket.acl, .write)
        case "s3:GetBucketAcl": return list(bucket.acl, .readACP)
        case "s3:PutBucketAcl": return list(bucket.acl, .writeACP)
        case "s3:GetObject", "s3:GetObjectVersion": return object?.acl.map { list($0, .read) } ?? false
        case "s3:GetObjectAcl", "s3:GetObjectVersionAcl": return object?.acl.map { list($0, .readACP) } ?? false
        case "s3:PutObjectAcl", "s3:PutObjectVersionAcl": return object?.acl.map { list($0, .writeACP) } ?? false
        default: return false
        }
    }
}

import ServiceKit
import ServiceModel

/// The condition keys of a request to S3, in lower case. See
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys>.
struct RequestKeys {
    private(set) var single: [String: String]
    /// Those of several values.
    private(set) var sets: [String: [String]] = [:]

    /// Keys that tell what a member of the input says.
    private static let members: [(key: String, member: String)] = [
        ("s3:prefix", "Prefix"), ("s3:delimiter", "Delimiter"), ("s3:max-keys", "MaxKeys"), ("s3:x-amz-acl", "ACL"),
        ("s3:x-amz-grant-full-control", "GrantFullControl"), ("s3:x-amz-grant-read", "GrantRead"),
        ("s3:x-amz-grant-read-acp", "GrantReadACP"), ("s3:x-amz-grant-write", "GrantWrite"),
        ("s3:x-amz-grant-write-acp", "GrantWriteACP"), ("s3:x-amz-server-side-encryption", "ServerSideEncryption"),
        ("s3:x-amz-server-side-encryption-aws-kms-key-id", "SSEKMSKeyId"),
        ("s3:x-amz-server-side-encryption-customer-algorithm", "SSECustomerAlgorithm"),
        ("s3:x-amz-storage-class", "StorageClass"), ("s3:x-amz-copy-source", "CopySource"),
        ("s3:x-amz-metadata-directive", "MetadataDirective"),
        ("s3:x-amz-website-redirect-location", "WebsiteRedirectLocation"),
        ("s3:x-amz-object-ownership", "ObjectOwnership"), ("s3:if-match", "IfMatch"),
        ("s3:if-none-match", "IfNoneMatch"), ("s3:versionid", "VersionId"),
    ]

    private static let tagKeys = ["s3:existingobjecttag/", "s3:requestobjecttag/"]

    /// All that are evaluated: what a request does not have of them it has not.
    static let known: Set<String> = Call.policyKeyNames.union(members.map(\.key)).union(tagKeys).union([
        "s3:requestobjecttagkeys", "s3:x-amz-content-sha256", "s3:tlsversion", "s3:signatureversion", "s3:authtype",
        "s3:signatureage", "s3:resourceaccount", "s3:locationconstraint", "s3:object-lock-mode",
        "s3:object-lock-retain-until-date", "s3:object-lock-legal-hold", "s3:object-lock-remaining-retention-days",
        "s3:dataaccesspointarn", "s3:dataaccesspointaccount", "s3:accesspointnetworkorigin", "aws:resourceaccount",
        "aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths", "aws:resourceorgid",
        "aws:resourceorgpaths", "aws:sourceowner",
    ])

    /// Whether a policy of a bucket may ask for it. Of AWS's global keys there are more than are listed here.
    static func isKey(_ key: String) -> Bool {
        let key = key.lowercased()
        if key.hasPrefix("s3:") {
            return known.contains(key) || unevaluated.contains(key)
                || tagKeys.contains { key.hasPrefix($0) && key != $0 }
        }
        return key.contains(":")
    }

    /// Keys of requests that are not there.
    private static let unevaluated: Set<String> = [
        "s3:inventoryaccessibleoptionalfields", "s3:accessgrantsinstancearn", "s3:bucketnamespace",
    ]

    init(bucket: BucketRecord, call: Call, now: Timestamp, version: String?, object: ObjectAttributes?) {
        single = call.policyKeys(now: now)
        let input = call.input
        for (key, member) in Self.members { single[key] = Self.text(input[member]) }
        if let version { single["s3:versionid"] = version }
        single["s3:resourceaccount"] = bucket.account
        single["aws:resourceaccount"] = bucket.account
        single["s3:x-amz-content-sha256"] = call.facts?.contentHash
        single["s3:tlsversion"] = call.facts?.encryption
        noteSignature(call, now)
        noteLock(input, now)
        if let text = input["Tagging"]?.stringValue {
            noteTags((try? ObjectTags.header(text)) ?? [])
        } else if input["Tagging"] != nil {
            noteTags((try? ObjectTags.document(input["Tagging"], limit: 50)) ?? [])
        }
        for tag in object?.tags ?? [] { single[Self.tagKeys[0] + tag.key.lowercased()] = tag.value }
    }

    private static func text(_ value: WireValue?) -> String? {
        value?.stringValue ?? value?.integerValue.map { String($0) }
    }

    private mutating func noteTags(_ tags: [ResourceTag]) {
        for tag in tags { single[Self.tagKeys[1] + tag.key.lowercased()] = tag.value }
        sets["s3:requestobjecttagkeys"] = tags.map(\.key)
    }

    private mutating func noteSignature(_ call: Call, _ now: Timestamp) {
        guard let facts = call.facts else { return }
        switch facts.proof {
        case .none: return
        case .header: single["s3:authtype"] = "REST-HEADER"
        case .query: single["s3:authtype"] = "REST-QUERY-STRING"
        case .form: single["s3:authtype"] = "POST"
        }
        single["s3:signatureversion"] = facts.algorithm
        // Signatures go by real time, however the clock was moved.
        single["s3:signatureage"] = facts.signed.map { String(max(0, SystemTime().now.milliseconds - $0.milliseconds)) }
    }

    private mutating func noteLock(_ input: WireValue, _ now: Timestamp) {
        let retention = input["Retention"]
        single["s3:object-lock-mode"] = input["ObjectLockMode"]?.stringValue ?? retention?["Mode"]?.stringValue
        single["s3:object-lock-legal-hold"] =
            input["ObjectLockLegalHoldStatus"]?.stringValue ?? input["LegalHold"]?["Status"]?.stringValue
        let until = input["ObjectLockRetainUntilDate"]?.timestampValue ?? retention?["RetainUntilDate"]?.timestampValue
        guard let until else { return }
        single["s3:object-lock-retain-until-date"] = until.rfc3339
        let rest = max(0, until.milliseconds - now.milliseconds)
        single["s3:object-lock-remaining-retention-days"] = String((rest + 86_399_999) / 86_400_000)
    }
}

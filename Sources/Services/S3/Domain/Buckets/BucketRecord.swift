import ServiceKit
import ServiceModel

/// A bucket and its settings, as of one version of its row.
final class BucketRecord: Sendable {
    enum Versioning: String, Sendable {
        case never = ""
        case enabled = "Enabled"
        case suspended = "Suspended"
    }

    /// The names under which settings are kept.
    enum Setting {
        static let versioning = "versioning"
        static let tags = "tags"
        static let acl = "acl"
        static let ownership = "ownership"
        static let publicAccess = "publicAccess"
        static let policy = "policy"
        static let cors = "cors"
        static let encryption = "encryption"
        static let lifecycle = "lifecycle"
        static let lifecycleSize = "lifecycleSize"
        static let notification = "notification"
        static let accelerate = "accelerate"
        static let payment = "payment"
        static let lock = "lock"
        static let location = "location"
    }

    let id: Int64
    let name: String
    let account: String
    let region: String
    let created: Timestamp
    let version: Int64
    let settings: [String: WireValue]
    /// The bytes that the settings take in the database.
    let storedSize: Int

    let versioning: Versioning
    let ownerID: String
    /// BucketOwnerEnforced, BucketOwnerPreferred or ObjectWriter; nil: the controls were deleted, which means ObjectWriter.
    let ownership: String?
    let publicAccess: PublicAccessBlock
    let policy: PolicyDocument?
    let acl: AccessControlList
    let lifecycle: [LifecycleTerm]
    let notifications: NotificationRules

    init(
        id: Int64, name: String, account: String, region: String, created: Timestamp, version: Int64,
        settings: [String: WireValue], storedSize: Int = 0
    ) {
        self.id = id
        self.name = name
        self.account = account
        self.region = region
        self.created = created
        self.version = version
        self.settings = settings
        self.storedSize = storedSize
        versioning = settings[Setting.versioning]?.stringValue.flatMap(Versioning.init) ?? .never
        ownerID = CanonicalID.of(account)
        ownership = settings[Setting.ownership]?.stringValue
        publicAccess = PublicAccessBlock(settings[Setting.publicAccess])
        policy = settings[Setting.policy]?.stringValue.flatMap { try? PolicyDocument(parsing: $0) }
        acl = settings[Setting.acl].flatMap(AccessControlList.init(stored:)) ?? .private(owner: ownerID)
        lifecycle = LifecycleTerm.list(settings[Setting.lifecycle])
        notifications = NotificationRules(settings[Setting.notification])
    }

    var arn: String { "arn:aws:s3:::\(name)" }
    /// Whether access control lists say nothing: the bucket's owner owns everything.
    var isOwnerEnforced: Bool { ownership == "BucketOwnerEnforced" }
    var isPaidByRequester: Bool { settings[Setting.payment]?.stringValue == "Requester" }
    var hasObjectLock: Bool { settings[Setting.lock] != nil }
}

/// Which public access is out of the question. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>.
struct PublicAccessBlock: Sendable, Hashable {
    var blockPublicACLs = false
    var ignorePublicACLs = false
    var blockPublicPolicy = false
    var restrictPublicBuckets = false

    init(_ stored: WireValue?) {
        blockPublicACLs = stored?["BlockPublicAcls"]?.booleanValue ?? false
        ignorePublicACLs = stored?["IgnorePublicAcls"]?.booleanValue ?? false
        blockPublicPolicy = stored?["BlockPublicPolicy"]?.booleanValue ?? false
        restrictPublicBuckets = stored?["RestrictPublicBuckets"]?.booleanValue ?? false
    }

    static let everything: WireValue = .structure([
        "BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true,
    ])
}

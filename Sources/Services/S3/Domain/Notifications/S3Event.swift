import ServiceKit
import ServiceModel

/// Something that has happened to an object, and how S3 tells it. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>.
struct S3Event: Sendable, Hashable {
    enum Name: String, Sendable {
        case put = "ObjectCreated:Put"
        case post = "ObjectCreated:Post"
        case copy = "ObjectCreated:Copy"
        case complete = "ObjectCreated:CompleteMultipartUpload"
        case delete = "ObjectRemoved:Delete"
        case markerCreated = "ObjectRemoved:DeleteMarkerCreated"
        case taggingPut = "ObjectTagging:Put"
        case taggingDelete = "ObjectTagging:Delete"
        case aclPut = "ObjectAcl:Put"
        case expired = "LifecycleExpiration:Delete"
        case expirationMarker = "LifecycleExpiration:DeleteMarkerCreated"
        case transition = "LifecycleTransition"
        case restorePost = "ObjectRestore:Post"
        case restoreCompleted = "ObjectRestore:Completed"
        case restoreDelete = "ObjectRestore:Delete"

        var full: String { "s3:" + rawValue }

        fileprivate var version: String {
            switch self {
            case .taggingPut, .taggingDelete, .aclPut, .expired, .expirationMarker, .transition: "2.3"
            default: "2.1"
            }
        }

        var isRestoration: Bool { rawValue.hasPrefix("ObjectRestore") }
        fileprivate var isCreation: Bool { rawValue.hasPrefix("ObjectCreated") }
        fileprivate var hasSequencer: Bool {
            switch self {
            case .taggingPut, .taggingDelete, .aclPut: false
            default: true
            }
        }

        /// As EventBridge calls it.
        fileprivate var detailType: String {
            switch self {
            case .put, .post, .copy, .complete: "Object Created"
            case .delete, .markerCreated, .expired, .expirationMarker: "Object Deleted"
            case .taggingPut: "Object Tags Added"
            case .taggingDelete: "Object Tags Deleted"
            case .aclPut: "Object ACL Updated"
            case .transition: "Object Storage Class Changed"
            case .restorePost: "Object Restore Initiated"
            case .restoreCompleted: "Object Restore Completed"
            case .restoreDelete: "Object Restore Expired"
            }
        }
    }

    var name: Name
    var time: Timestamp
    var key: String
    var size: Int64?
    var etag: String?
    /// Nil where there are no versions.
    var version: String?
    var sequence: Int64
    /// Who did it: its unique id, and its account.
    var principalID: String
    var requester: String
    var requestID: String
    /// Where the request came from; nil: S3 has done it by itself.
    var sourceAddress: String?
    var storageClass: String?
    /// Until when a restored copy is there.
    var restoredUntil: Timestamp?

    private var sequencer: String { "00" + String(sequence, radix: 16, uppercase: true) }

    /// The document for queues, topics and functions.
    func records(_ bucket: BucketRecord, configuration: String) -> String {
        var object = "\"key\":" + JSONString.quoted(ListingNames.encode(key))
        if let size, name.isCreation || name.isRestoration || name == .transition { object += ",\"size\":\(size)" }
        if let etag, !name.rawValue.hasPrefix("ObjectRemoved"), !name.rawValue.hasPrefix("LifecycleExpiration") {
            object += ",\"eTag\":" + JSONString.quoted(etag)
        }
        if name == .markerCreated || name == .expirationMarker, let etag {
            object += ",\"eTag\":" + JSONString.quoted(etag)
        }
        if let version { object += ",\"versionId\":" + JSONString.quoted(version) }
        if name.hasSequencer { object += ",\"sequencer\":\"\(sequencer)\"" }
        var more = ""
        if name == .transition, let storageClass {
            more =
                ",\"lifecycleEventData\":{\"transitionEventData\":{\"destinationStorageClass\":\(JSONString.quoted(storageClass))}}"
        }
        if name == .restoreCompleted, let restoredUntil, let storageClass {
            more =
                ",\"glacierEventData\":{\"restoreEventData\":{\"lifecycleRestorationExpiryTime\":\"\(restoredUntil.rfc3339)\",\"lifecycleRestoreStorageClass\":\(JSONString.quoted(storageClass))}}"
        }
        return """
            {"Records":[{"eventVersion":"\(name.version)","eventSource":"aws:s3","awsRegion":\(JSONString.quoted(bucket.region)),\
            "eventTime":"\(time.rfc3339)","eventName":"\(name.rawValue)",\
            "userIdentity":{"principalId":\(JSONString.quoted(principalID))},\
            "requestParameters":{"sourceIPAddress":\(JSONString.quoted(sourceAddress ?? "s3.amazonaws.com"))},\
            "responseElements":{"x-amz-request-id":"\(requestID)","x-amz-id-2":"\(HostID.of(requestID))"},\
            "s3":{"s3SchemaVersion":"1.0","configurationId":\(JSONString.quoted(configuration)),\
            "bucket":{"name":\(JSONString.quoted(bucket.name)),"ownerIdentity":{"principalId":"\(bucket.principalID)"},\
            "arn":\(JSONString.quoted(bucket.arn))},"object":{\(object)}}\(more)}]}
            """
    }

    /// Type and detail of the event for EventBridge.
    func eventBridge(_ bucket: BucketRecord) -> (type: String, detail: String) {
        var object = "\"key\":" + JSONString.quoted(key)
        if let size, name.isCreation || name.isRestoration { object += ",\"size\":\(size)" }
        if let etag, name != .delete, name != .markerCreated { object += ",\"etag\":" + JSONString.quoted(etag) }
        if let version { object += ",\"version-id\":" + JSONString.quoted(version) }
        object += ",\"sequencer\":\"\(sequencer)\""
        var more = sourceAddress.map { ",\"source-ip-address\":" + JSONString.quoted($0) } ?? ""
        switch name {
        case .put: more += ",\"reason\":\"PutObject\""
        case .post: more += ",\"reason\":\"POST Object\""
        case .copy: more += ",\"reason\":\"CopyObject\""
        case .complete: more += ",\"reason\":\"CompleteMultipartUpload\""
        case .delete: more += ",\"reason\":\"DeleteObject\",\"deletion-type\":\"Permanently Deleted\""
        case .markerCreated: more += ",\"reason\":\"DeleteObject\",\"deletion-type\":\"Delete Marker Created\""
        case .expired: more += ",\"reason\":\"Lifecycle Expiration\",\"deletion-type\":\"Permanently Deleted\""
        case .expirationMarker:
            more += ",\"reason\":\"Lifecycle Expiration\",\"deletion-type\":\"Delete Marker Created\""
        case .transition: more += ",\"destination-storage-class\":" + JSONString.quoted(storageClass ?? "")
        case .restorePost, .restoreCompleted, .restoreDelete:
            if let restoredUntil { more += ",\"restore-expiry-time\":\"\(restoredUntil.rfc3339)\"" }
            more += ",\"source-storage-class\":" + JSONString.quoted(storageClass ?? "")
        case .taggingPut, .taggingDelete, .aclPut: break
        }
        let detail = """
            {"version":"0","bucket":{"name":\(JSONString.quoted(bucket.name))},"object":{\(object)},\
            "request-id":"\(requestID)","requester":\(JSONString.quoted(requester))\(more)}
            """
        return (name.detailType, detail)
    }

    /// What queues and topics are sent when they become a bucket's.
    static func test(bucket: String, at time: Timestamp, requestID: String) -> String {
        """
        {"Service":"Amazon S3","Event":"s3:TestEvent","Time":"\(time.rfc3339)","Bucket":\(JSONString.quoted(bucket)),\
        "RequestId":"\(requestID)","HostId":"\(requestID)"}
        """
    }
}

extension BucketRecord {
    /// As events name the owner.
    var principalID: String { "A" + String(ownerID.prefix(13)).uppercased() }
}

import Persistence
import ServiceKit
import ServiceModel

/// The bucket was changed or deleted since it was looked up: the caller looks it up again.
struct StaleBucket: Swift.Error {}

/// Who has asked for a change, as events tell it.
struct EventContext: Sendable {
    var principalID: String
    var requester: String
    var requestID: String
    var traceHeader: String?
    /// The address that the request came from; nil: there was no request.
    var sourceAddress: String?

    init(_ call: Call) {
        principalID = "AWS:" + (call.principal.userID ?? "anonymous")
        requester = call.principal.account ?? "anonymous"
        requestID = call.requestID
        traceHeader = call.traceHeader
        // What comes from inside the platform comes from this machine.
        sourceAddress = call.sourceAddress ?? "127.0.0.1"
    }

    /// What S3 does by itself.
    init(service requestID: String) {
        principalID = "s3.amazonaws.com"
        requester = "s3.amazonaws.com"
        self.requestID = requestID
    }
}

/// Changes of one bucket's objects, with the events that tell of them. Lives in one transaction.
struct S3Transaction {
    let jobs: JobTransaction
    let folder: SegmentFolder
    let bucket: BucketRecord
    let now: Timestamp
    let clock: SequenceClock
    let context: EventContext

    var connection: any SQLConnection { jobs.connection }
    var objects: ObjectRows { ObjectRows(connection: connection) }
    var segments: SegmentRows { SegmentRows(connection: connection, folder: folder) }
    var uploads: UploadRows { UploadRows(connection: connection) }

    /// The number of a change, larger than that of the one before.
    func sequence(after last: ObjectRecord?) throws -> Int64 {
        try clock.next(after: last?.sequence ?? 0, in: connection)
    }

    /// The latest version of a key, as far as a change of it must know it.
    /// - Throws: ``StaleBucket``.
    func current(_ key: String) throws -> ObjectRecord? {
        let row = try connection.first(
            """
            SELECT b.version, o.id, o.position, o.version, o.marker, o.etag, o.manifest, o.sequence, o.modified, o.size
            FROM s3_buckets b LEFT JOIN s3_objects o ON o.bucket = b.id AND o.key = ?
            WHERE b.id = ? ORDER BY o.position LIMIT 1
            """, [.text(key), .integer(bucket.id)])
        guard let row, row.integer(0) == bucket.version else { throw StaleBucket() }
        guard let id = row.integer(1) else { return nil }
        return ObjectRecord(
            id: id, bucket: bucket.id, key: key, position: row.integer(2) ?? 0, version: row.text(3),
            isMarker: row.boolean(4), size: row.integer(9) ?? 0, etag: row.text(5) ?? "",
            modified: Timestamp(milliseconds: row.integer(8) ?? 0), sequence: row.integer(7) ?? 0, manifest: row.blob(6)
        )
    }

    /// Makes a new version the latest.
    /// `check`: what the latest version so far must be like.
    /// `isLinked`: whether the segments are counted already.
    /// `Returns`: the record with its version and place.
    func put(
        _ new: ObjectRecord, extents: [Extent], event: S3Event.Name, isLinked: Bool = false,
        check: (ObjectRecord?) throws -> Void = { _ in }
    ) throws -> ObjectRecord {
        let current = try current(new.key)
        try check(current)
        var record = new
        record.sequence = try sequence(after: current)
        if !isLinked { try segments.link(extents) }
        try place(&record, current)
        try tell(event, record)
        return record
    }

    private func place(_ record: inout ObjectRecord, _ current: ObjectRecord?) throws {
        switch bucket.versioning {
        case .never:
            if let current {
                try segments.unlink(current.manifest, at: now)
                return try objects.replace(current.id, with: record)
            }
            record.position = 0
            try objects.insert(record)
        case .enabled:
            record.position = min(0, current?.position ?? 0) - 1
            var generator = BufferedRandom()
            record.version = VersionID.make(position: record.position, using: &generator)
            try objects.insert(record)
        case .suspended:
            record.position = min(0, current?.position ?? 0) - 1
            if let null = try objects.nullVersion(bucket.id, record.key, withBody: false) { try remove(null) }
            try objects.insert(record)
        }
    }

    private func remove(_ record: ObjectRecord) throws {
        try segments.unlink(record.manifest, at: now)
        try objects.delete(record.id)
    }

    struct Deletion: Sendable {
        /// The version that was deleted, or that of the marker that was made.
        var version: String?
        var isMarker = false
        /// Whether a marker was made.
        var hasMadeMarker = false
    }

    /// Deletes the latest version: where there are versions, a marker is made.
    func delete(
        _ key: String, events: (S3Event.Name, S3Event.Name) = (.delete, .markerCreated),
        check: (ObjectRecord?) throws -> Void = { _ in }
    )
        throws -> Deletion
    {
        let current = try current(key)
        try check(current)
        try uploads.touch(bucket.id, key)
        if bucket.versioning == .never {
            guard var current else { return Deletion() }
            try remove(current)
            current.sequence = try sequence(after: current)
            try tell(events.0, current)
            return Deletion()
        }
        var marker = ObjectRecord(bucket: bucket.id, key: key, isMarker: true, modified: now)
        marker.sequence = try sequence(after: current)
        try place(&marker, current)
        try tell(events.1, marker)
        return Deletion(version: marker.versionName, isMarker: true, hasMadeMarker: true)
    }

    /// Deletes one version for good.
    /// - Returns: nil if there is no such version.
    func delete(_ key: String, version: String, bypassesGovernance: Bool, event: S3Event.Name = .delete) throws
        -> Deletion?
    {
        guard try BucketRows(connection: connection).version(bucket.id) == bucket.version else { throw StaleBucket() }
        guard var record = try objects.version(bucket.id, key, version, withBody: false) else { return nil }
        if bucket.hasObjectLock, ObjectLock.protects(record, now: now, bypassesGovernance: bypassesGovernance) {
            throw AWSError.s3("AccessDenied", 403, "Access Denied because object protected by object lock.")
        }
        try remove(record)
        try uploads.touch(bucket.id, key)
        record.sequence = try sequence(after: record)
        try tell(event, record)
        return Deletion(version: version, isMarker: record.isMarker)
    }

    // MARK: Events

    /// Enqueues what is to be told, to be done after the commit.
    func tell(
        _ name: S3Event.Name, _ record: ObjectRecord, storageClass: String? = nil, restoredUntil: Timestamp? = nil
    ) throws {
        let rules = bucket.notifications
        if rules.isEmpty { return }
        let event = S3Event(
            name: name, time: now, key: record.key, size: record.size,
            etag: record.isMarker ? "d41d8cd98f00b204e9800998ecf8427e" : record.etag,
            version: bucket.versioning == .never ? nil : record.version, sequence: record.sequence,
            principalID: context.principalID, requester: context.requester, requestID: context.requestID,
            sourceAddress: context.sourceAddress,
            storageClass: storageClass ?? (name.isRestoration ? record.storageClass : nil),
            restoredUntil: restoredUntil)
        for rule in rules.rules where rule.matches(name, key: record.key) {
            let body = Array(event.records(bucket, configuration: rule.id).utf8)
            let delivery = Delivery(body: body, traceHeader: context.traceHeader)
            try jobs.enqueue(
                NotificationJob(
                    bucket: bucket, key: record.key, target: rule.target.arn, began: now, delivery: delivery
                ).job)
        }
        if rules.tellsEventBridge {
            let (type, detail) = event.eventBridge(bucket)
            let delivery = Delivery(
                body: Array(detail.utf8), source: "aws.s3", detailType: type, resources: [bucket.arn],
                traceHeader: context.traceHeader)
            let bus = "arn:aws:events:\(bucket.region):\(bucket.account):event-bus/default"
            try jobs.enqueue(
                NotificationJob(bucket: bucket, key: record.key, target: bus, began: now, delivery: delivery).job)
        }
    }
}

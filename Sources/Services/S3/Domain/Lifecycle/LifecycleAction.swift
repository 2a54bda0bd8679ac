import ServiceModel

/// Follows the versions of a key, the newest first.
struct VersionHistory: Sendable {
    struct Step: Sendable, Hashable {
        var isLatest: Bool
        /// Whether the key has no other version.
        var isOnly: Bool
        /// When the next newer version was made, which ended this one's being the latest.
        var since: Timestamp
        /// How many noncurrent versions are newer.
        var newer: Int
    }

    private var key: String?
    private var lastModified = Timestamp(milliseconds: 0)
    private var count = 0

    mutating func next(_ row: ObjectRecord, isOnly: Bool) -> Step {
        let isLatest = key.map { !$0.isSameKey(as: row.key) } ?? true
        if isLatest {
            key = row.key
            count = 0
        } else {
            count += 1
        }
        defer { lastModified = row.modified }
        return Step(
            isLatest: isLatest, isOnly: isLatest && isOnly, since: isLatest ? row.modified : lastModified,
            newer: max(0, count - 1))
    }
}

/// What a lifecycle does to one version now.
enum LifecycleAction: Sendable, Hashable {
    /// The latest version is no longer one.
    case expire
    /// The version goes for good.
    case remove
    case transition(String)

    init?(
        _ rules: [LifecycleTerm], _ row: ObjectRecord, _ step: VersionHistory.Step, bucket: BucketRecord, now: Timestamp
    ) {
        let tags = rules.contains { !$0.filter.tags.isEmpty } ? ObjectAttributes(row.attributes).tags : []
        let matching = rules.filter { $0.filter.matches(key: row.key, size: row.size, tags: tags) }
        if matching.isEmpty { return nil }
        if step.isLatest {
            if row.isMarker {
                // A marker that hides nothing any more.
                let isOver = matching.contains { rule in
                    rule.expiresDeleteMarkers || rule.expiry(modified: row.modified).map { $0 <= now } ?? false
                }
                guard step.isOnly, isOver else { return nil }
                self = .remove
                return
            }
            if matching.contains(where: { $0.expiry(modified: row.modified).map { $0 <= now } ?? false }) {
                self = .expire
                return
            }
            let to = Self.deepest(matching, row, bucket) { $0.storageClass(modified: row.modified, now: now) }
            guard let to else { return nil }
            self = .transition(to)
            return
        }
        if matching.contains(where: { $0.expiresNoncurrent(since: step.since, newer: step.newer, now: now) }) {
            self = .remove
            return
        }
        if row.isMarker { return nil }
        let to = Self.deepest(matching, row, bucket) {
            $0.noncurrentStorageClass(since: step.since, newer: step.newer, now: now)
        }
        guard let to else { return nil }
        self = .transition(to)
    }

    /// The deepest class of those that rules want a version in, if that is further down than it is.
    private static func deepest(
        _ rules: [LifecycleTerm], _ row: ObjectRecord, _ bucket: BucketRecord, wanted: (LifecycleTerm) -> String?
    ) -> String? {
        rules.compactMap { rule in wanted(rule).flatMap { isLargeEnough(row, $0, rule, bucket) ? $0 : nil } }
            .filter { LifecycleTerm.depth($0) > LifecycleTerm.depth(row.storageClass) }
            .max { LifecycleTerm.depth($0) < LifecycleTerm.depth($1) }
    }

    /// Small objects stay where they are, unless the rule itself says how small they may be.
    private static func isLargeEnough(
        _ row: ObjectRecord, _ to: String, _ rule: LifecycleTerm, _ bucket: BucketRecord
    ) -> Bool {
        if rule.filter.sizeGreaterThan != nil || rule.filter.sizeLessThan != nil { return true }
        let varies = bucket.settings[BucketRecord.Setting.lifecycleSize]?.stringValue == "varies_by_storage_class"
        if varies, StorageClass.archived.contains(to) { return true }
        return row.size >= 128 * 1024
    }
}

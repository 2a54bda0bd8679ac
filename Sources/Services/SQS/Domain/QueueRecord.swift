/// A queue as it is configured. A change makes another one.
final class QueueRecord: Sendable {
    /// The number of the queue in this installation.
    let id: Int64
    let key: QueueKey
    let settings: QueueSettings
    let rules: QueueRules
    let defaults: QueueDefaults
    let tags: [String: String]
    /// Milliseconds since 1970, as all times here.
    let created: Int64
    let modified: Int64
    /// When it was emptied last.
    let purged: Int64?

    init(
        id: Int64, key: QueueKey, settings: QueueSettings, tags: [String: String], created: Int64, modified: Int64,
        purged: Int64?
    ) {
        self.id = id
        self.key = key
        self.settings = settings
        rules = QueueRules(settings)
        defaults = QueueDefaults(settings)
        self.tags = tags
        self.created = created
        self.modified = modified
        self.purged = purged
    }
}

/// The settings that every request asks for: numbers only, which cost nothing to copy. Seconds.
struct QueueDefaults: Sendable {
    let isFIFO: Bool
    let maximumMessageSize: Int
    let delay: Int
    let visibilityTimeout: Int
    let receiveWait: Int
    let contentBasedDeduplication: Bool
    let deduplicatesByGroup: Bool

    init(_ settings: QueueSettings) {
        isFIFO = settings.isFIFO
        maximumMessageSize = settings.maximumMessageSize
        delay = settings.delay
        visibilityTimeout = settings.visibilityTimeout
        receiveWait = settings.receiveWait
        contentBasedDeduplication = settings.contentBasedDeduplication
        deduplicatesByGroup = settings.deduplicatesByGroup
    }
}

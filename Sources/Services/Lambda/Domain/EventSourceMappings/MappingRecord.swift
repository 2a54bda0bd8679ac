import ServiceKit
import ServiceModel

/// What an event source mapping's row is keyed by.
struct MappingKey: Sendable, Hashable {
    var account: String
    var region: String
    var uuid: String

    var arn: String { "arn:aws:lambda:\(region):\(account):event-source-mapping:\(uuid)" }
}

/// An event source mapping as it is stored: from where a function gets events, and how.
struct MappingRecord: Sendable, Hashable {
    var key: MappingKey
    /// The function stays named when it is deleted, as on AWS.
    var function: FunctionKey
    /// The version or alias that was asked for.
    var qualifier: String?
    var source: EventSource
    var settings: MappingSettings
    /// Whether the source is polled, as its owner wants it.
    var isEnabled: Bool
    /// It is deleted, and shown for a moment more.
    var isDeleting = false
    var lastModified: Timestamp
    /// Of sources that show one: what became of the last batch.
    var lastResult: String?

    /// The function's ARN, with the qualifier that was asked for.
    var functionARN: String { function.arn(qualifier) }

    /// The state once it has settled.
    var settledState: String { isDeleting ? "Deleting" : isEnabled ? "Enabled" : "Disabled" }

    /// Another mapping of the same function that gets the same events.
    func overlaps(_ other: MappingRecord) -> Bool {
        guard function == other.function, qualifier == other.qualifier, source.kind == other.source.kind,
            !other.isDeleting
        else { return false }
        switch source.kind {
        case .selfManagedKafka:
            return settings.topics == other.settings.topics
                && !Set(source.endpoints).isDisjoint(with: other.source.endpoints)
        case .managedKafka, .broker:
            return source.arn == other.source.arn && settings.topics == other.settings.topics
                && settings.queues == other.settings.queues
        case .changeStream:
            return source.arn == other.source.arn && settings.documents == other.settings.documents
        case .queue, .kinesisStream, .tableStream: return source.arn == other.source.arn
        }
    }
}

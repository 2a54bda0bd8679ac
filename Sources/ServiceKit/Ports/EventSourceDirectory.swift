/// What Lambda's event source mappings poll. See
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html>.
public enum EventSourceKind: String, Sendable, Hashable, CaseIterable {
    case queue = "SQS"
    case kinesisStream = "KINESIS"
    case tableStream = "DYNAMODB"
    /// A cluster of Amazon MSK.
    case managedKafka = "MSK"
    case selfManagedKafka = "KAFKA"
    /// A broker of Amazon MQ.
    case broker = "MQ"
    /// A change stream of Amazon DocumentDB.
    case changeStream = "DOCUMENTDB"

    /// The service's name as people know it.
    public var serviceName: String {
        switch self {
        case .queue: "Amazon SQS"
        case .kinesisStream: "Amazon Kinesis"
        case .tableStream: "Amazon DynamoDB Streams"
        case .managedKafka: "Amazon MSK"
        case .selfManagedKafka: "Apache Kafka"
        case .broker: "Amazon MQ"
        case .changeStream: "Amazon DocumentDB"
        }
    }
}

/// One source of events.
public struct EventSource: Sendable, Hashable {
    public var kind: EventSourceKind
    /// Nil for self-managed Kafka.
    public var arn: String?
    /// Of self-managed Kafka: the brokers, as `host:port`.
    public var endpoints: [String]

    public init(kind: EventSourceKind, arn: String? = nil, endpoints: [String] = []) {
        self.kind = kind
        self.arn = arn
        self.endpoints = endpoints
    }
}

/// What a mapping must know of its source when it is made.
public struct EventSourceDescription: Sendable, Hashable {
    /// Of queues, in seconds: a function may not run longer.
    public var visibilityTimeout: Int?

    public init(visibilityTimeout: Int? = nil) {
        self.visibilityTimeout = visibilityTimeout
    }
}

/// Which sources of events there are. Asked when a mapping is made or changed.
public protocol EventSourceDirectory: Sendable {
    /// Whether sources of this kind are there to be polled at all: their service is built.
    func offers(_ kind: EventSourceKind) -> Bool
    /// Looks for a source as a principal, the function's execution role: what it may not read, it may not poll.
    /// - Throws: ``AWSError``, the source's own service's.
    /// - Returns: nil if there is no such source.
    func describe(_ source: EventSource, as principal: Principal, region: String) async throws
        -> EventSourceDescription?
}

/// No sources at all.
public struct NoEventSources: EventSourceDirectory {
    public init() {}
    public func offers(_ kind: EventSourceKind) -> Bool { false }
    public func describe(
        _ source: EventSource, as principal: Principal, region: String
    ) async throws -> EventSourceDescription? { nil }
}

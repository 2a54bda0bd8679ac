/// Where a service sends events on: what an ARN names, of the services that take some.
public struct DeliveryTarget: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case queue = "sqs"
        case topic = "sns"
        case function = "lambda"
        case eventBus = "events"
        case bucket = "s3"
    }

    public let kind: Kind
    public let arn: String
    /// Of the ARN; empty for a bucket, whose ARN names neither.
    public let account: String
    public let region: String
    /// The queue's, topic's, bus's or bucket's name; a function's with its qualifier, if it has one.
    public let name: String

    /// - Returns: nil for what names nothing that takes events.
    public init?(arn: String) {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", let kind = Kind(rawValue: String(parts[2])), !parts[5].isEmpty else {
            return nil
        }
        var name = parts[5]
        switch kind {
        case .function where name.hasPrefix("function:"): name = name.dropFirst("function:".count)
        case .eventBus where name.hasPrefix("event-bus/"): name = name.dropFirst("event-bus/".count)
        case .function, .eventBus: return nil
        case .queue, .topic, .bucket: break
        }
        guard !name.isEmpty, kind == .bucket || (!parts[3].isEmpty && !parts[4].isEmpty) else { return nil }
        self.kind = kind
        self.arn = arn
        region = String(parts[3])
        account = String(parts[4])
        self.name = String(name)
    }

    /// What the kind is called where a user reads it.
    public var serviceName: String {
        switch kind {
        case .queue: "Amazon SQS"
        case .topic: "Amazon SNS"
        case .function: "AWS Lambda"
        case .eventBus: "Amazon EventBridge"
        case .bucket: "Amazon S3"
        }
    }
}

/// One event on its way to a ``DeliveryTarget``.
public struct Delivery: Sendable, Hashable {
    /// A message attribute, of queues and topics.
    public struct Attribute: Sendable, Hashable {
        public var name: String
        /// `String` or `Number`.
        public var type: String
        public var value: String

        public init(name: String, type: String, value: String) {
            self.name = name
            self.type = type
            self.value = value
        }
    }

    public var body: [UInt8]
    public var attributes: [Attribute]
    /// Of an event bus: `source`, `detail-type` and `resources` of the event.
    public var source: String
    public var detailType: String
    public var resources: [String]
    /// Of a bucket: the object's key.
    public var key: String
    public var traceHeader: String?

    public init(
        body: [UInt8], attributes: [Attribute] = [], source: String = "", detailType: String = "",
        resources: [String] = [], key: String = "", traceHeader: String? = nil
    ) {
        self.body = body
        self.attributes = attributes
        self.source = source
        self.detailType = detailType
        self.resources = resources
        self.key = key
        self.traceHeader = traceHeader
    }
}

/// Sends events on to queues, topics, functions, buses and buckets, once each time it is asked.
public protocol EventDelivery: Sendable {
    /// Whether the service that the target belongs to is there.
    func canDeliver(to target: DeliveryTarget) -> Bool
    /// Returns when the target has taken the event.
    /// - Throws: ``AWSError``, the target's own.
    func deliver(
        _ delivery: Delivery, to target: DeliveryTarget, as principal: Principal, account: String, region: String)
        async throws
}

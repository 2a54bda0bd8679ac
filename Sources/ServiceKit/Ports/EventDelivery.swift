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
        /// `String`, `Number` or `Binary`, or one of these with a suffix of one's own.
        public var type: String
        public var value: String
        /// The value, if the type is a binary one.
        public var bytes: [UInt8]?

        public init(name: String, type: String, value: String, bytes: [UInt8]? = nil) {
            self.name = name
            self.type = type
            self.value = value
            self.bytes = bytes
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
    /// Of a topic: what its e-mails have as their subject.
    public var subject: String?
    /// Of a queue or topic: the message group, and what the message is deduplicated by.
    public var group: String?
    public var deduplicationID: String?

    public init(
        body: [UInt8], attributes: [Attribute] = [], source: String = "", detailType: String = "",
        resources: [String] = [], key: String = "", traceHeader: String? = nil, subject: String? = nil,
        group: String? = nil, deduplicationID: String? = nil
    ) {
        self.body = body
        self.attributes = attributes
        self.source = source
        self.detailType = detailType
        self.resources = resources
        self.key = key
        self.traceHeader = traceHeader
        self.subject = subject
        self.group = group
        self.deduplicationID = deduplicationID
    }
}

/// What a target says when it has taken an event.
public struct DeliveryReceipt: Sendable, Hashable {
    /// The id that the target gave to what it took, such as a queue's message.
    public var messageID: String?

    public init(messageID: String? = nil) { self.messageID = messageID }
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
    /// The same, for those who note what the target says.
    func deliverForReceipt(
        _ delivery: Delivery, to target: DeliveryTarget, as principal: Principal, account: String, region: String
    )
        async throws -> DeliveryReceipt
}

extension EventDelivery {
    public func deliverForReceipt(
        _ delivery: Delivery, to target: DeliveryTarget, as principal: Principal, account: String, region: String
    ) async throws -> DeliveryReceipt {
        try await deliver(delivery, to: target, as: principal, account: account, region: region)
        return DeliveryReceipt()
    }
}

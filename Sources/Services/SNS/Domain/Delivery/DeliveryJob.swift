import Persistence
import ServiceKit
import ServiceModel

/// A message on its way to several subscriptions, as its job keeps it: the message once, and the subscriptions' ids.
struct FanOutJob: Sendable, Hashable {
    static let kind = "sns.fanout"

    var message: PublishedMessage
    var subscriptions: [String]

    func job(due: Timestamp) -> NewJob {
        var writer = FieldWriter(reserving: message.body.utf8.count + subscriptions.count * 44 + 512)
        writer.append(message.bytes)
        writer.append(Int64(subscriptions.count))
        for id in subscriptions { writer.append(id) }
        return NewJob(kind: Self.kind, lane: message.topic.lane, due: due, payload: writer.bytes)
    }

    init(message: PublishedMessage, subscriptions: [String]) {
        self.message = message
        self.subscriptions = subscriptions
    }

    init?(bytes: [UInt8]) {
        var reader = FieldReader(bytes)
        guard let message = reader.data().flatMap(PublishedMessage.init(bytes:)), let count = reader.integer(),
            count >= 0, count <= bytes.count
        else { return nil }
        self.init(message: message, subscriptions: [])
        for _ in 0..<count {
            guard let id = reader.text() else { return nil }
            subscriptions.append(id)
        }
    }
}

/// A message on its way to one subscription, or to its dead-letter queue.
struct DeliveryJob: Sendable, Hashable {
    static let kind = "sns.delivery"
    /// Of FIFO topics: lanes are message groups of a subscription.
    static let orderedKind = "sns.ordered"

    /// Where the message is.
    enum Source: Sendable, Hashable {
        case inline(PublishedMessage)
        /// In a row of its own, which several deliveries share.
        case shared(Int64)
    }

    var topic: TopicKey
    var subscription: String
    var source: Source
    /// Tries before those that the job's own row counts.
    var attempts = 0
    /// Whether delivery was given up, and the message is on its way to the dead-letter queue.
    var isDead = false

    /// The job; of a FIFO topic, with the message's group.
    func job(due: Timestamp, group: String? = nil) -> NewJob {
        let lane = group.map { "\(subscription)/\($0)" } ?? subscription
        return NewJob(
            kind: group == nil ? Self.kind : Self.orderedKind, lane: lane, due: due, payload: bytes,
            isOrdered: group != nil)
    }

    private static let format: UInt8 = 1

    var bytes: [UInt8] {
        var writer = FieldWriter(reserving: 256)
        writer.append(Self.format)
        for text in [topic.account, topic.region, topic.name, subscription] { writer.append(text) }
        writer.append(Int64(attempts))
        writer.append(isDead ? 1 : 0 as Int64)
        switch source {
        case .inline(let message):
            writer.append(0 as UInt8)
            writer.append(message.bytes)
        case .shared(let id):
            writer.append(1 as UInt8)
            writer.append(id)
        }
        return writer.bytes
    }

    init(
        topic: TopicKey, subscription: String, source: Source, attempts: Int = 0, isDead: Bool = false
    ) {
        self.topic = topic
        self.subscription = subscription
        self.source = source
        self.attempts = attempts
        self.isDead = isDead
    }

    init?(bytes: [UInt8]) {
        var reader = FieldReader(bytes)
        guard reader.byte() == Self.format, let account = reader.text(), let region = reader.text(),
            let name = reader.text(), let subscription = reader.text(), let attempts = reader.integer(),
            let isDead = reader.integer(), let kind = reader.byte()
        else { return nil }
        let source: Source
        if kind == 0 {
            guard let message = reader.data().flatMap(PublishedMessage.init(bytes:)) else { return nil }
            source = .inline(message)
        } else {
            guard let id = reader.integer() else { return nil }
            source = .shared(id)
        }
        self.init(
            topic: TopicKey(account: account, region: region, name: name), subscription: subscription, source: source,
            attempts: Int(clamping: attempts), isDead: isDead != 0)
    }
}

/// A request for confirmation on its way to an endpoint.
struct ConfirmationJob: Sendable, Hashable {
    static let kind = "sns.confirmation"

    var subscription: SubscriptionKey
    var messageID: String
    var token: String
    /// Whether a subscription was ended, and may be restored.
    var isEnd: Bool
    /// What is known of a subscription that is gone: how and where to send, and the signature's version.
    var transport: SubscriptionProtocol
    var endpoint: String
    var origin: String
    var owner: String
    /// Who subscribed.
    var principal: String
    var version: Int
    var policy: String
    var made: Timestamp

    var job: NewJob {
        var writer = FieldWriter(reserving: 512)
        let texts = [
            subscription.topic.account, subscription.topic.region, subscription.topic.name, subscription.id, messageID,
            token, transport.rawValue, endpoint, origin, owner, policy,
        ]
        for text in texts { writer.append(text) }
        for number in [isEnd ? 1 : 0, Int64(version), made.milliseconds] { writer.append(number) }
        writer.append(principal)
        return NewJob(kind: Self.kind, lane: subscription.id, due: made, payload: writer.bytes)
    }

    init?(bytes: [UInt8]) {
        var reader = FieldReader(bytes)
        var texts: [String] = []
        for _ in 0..<11 {
            guard let text = reader.text() else { return nil }
            texts.append(text)
        }
        guard let isEnd = reader.integer(), let version = reader.integer(), let made = reader.integer(),
            let transport = SubscriptionProtocol(rawValue: texts[6])
        else { return nil }
        subscription = SubscriptionKey(
            topic: TopicKey(account: texts[0], region: texts[1], name: texts[2]), id: texts[3])
        (messageID, token, self.transport) = (texts[4], texts[5], transport)
        (endpoint, origin, owner, policy) = (texts[7], texts[8], texts[9], texts[10])
        self.isEnd = isEnd != 0
        self.version = Int(version)
        self.made = Timestamp(milliseconds: made)
        // Those of earlier versions do not say.
        principal = reader.text() ?? ""
    }

    init(
        _ record: SubscriptionRecord, topic: TopicRecord, messageID: String, token: String, isEnd: Bool,
        at time: Timestamp
    ) {
        subscription = record.key
        self.messageID = messageID
        self.token = token
        self.isEnd = isEnd
        transport = record.transport
        endpoint = record.endpoint
        origin = record.origin
        owner = record.owner
        principal = record.principal
        version = topic.signatureVersion
        policy = SubscriptionDeliveryPolicy.shownEffective(
            record.attributes["DeliveryPolicy"], topic: topic.deliveryPolicy)
        made = time
    }

    /// The subscription, as far as its confirmation needs it.
    var record: SubscriptionRecord {
        SubscriptionRecord(
            key: subscription, topicID: 0, owner: owner, transport: transport, endpoint: endpoint,
            principal: principal, isConfirmed: false, attributes: transport.isHTTP ? ["DeliveryPolicy": policy] : [:],
            origin: origin)
    }
}

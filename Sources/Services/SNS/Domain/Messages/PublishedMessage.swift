import ServiceKit
import ServiceModel

/// A message that was accepted, as jobs keep it.
struct PublishedMessage: Sendable, Hashable {
    var id: String
    var topic: TopicKey
    var subject: String?
    /// As it was given: with a structure, a JSON object of texts by protocol.
    var body: String
    var isStructured = false
    var attributes: [MessageAttribute] = []
    var group: String?
    var deduplicationID: String?
    /// Of a FIFO topic.
    var sequence: String?
    var published: Timestamp
    /// Where the publisher reached this server: URLs in envelopes begin with it. Empty if it called in process: then it is where the
    /// subscriber did.
    var origin: String
    var traceHeader: String?

    /// The largest message, with its attributes, in bytes.
    static let maximumSize = 262_144

    /// What is sent by a protocol; nil: by any.
    func text(for transport: String?) -> String {
        guard isStructured, let texts = JSONValue(parsing: body) else { return body }
        return transport.flatMap { texts[$0]?.text } ?? texts["default"]?.text ?? body
    }

    /// What URLs in a subscriber's envelope begin with.
    func origin(for subscription: SubscriptionRecord) -> String { origin.isEmpty ? subscription.origin : origin }

    /// What counts towards the limit.
    var size: Int { body.utf8.count + attributes.reduce(0) { $0 + $1.size } }

    // MARK: As bytes

    private static let format: UInt8 = 1

    var bytes: [UInt8] {
        var writer = FieldWriter(reserving: body.utf8.count + 512)
        writer.append(Self.format)
        for text in [id, topic.account, topic.region, topic.name, body, origin] { writer.append(text) }
        for text in [subject, group, deduplicationID, sequence, traceHeader] { writer.append(text) }
        writer.append(isStructured ? 1 : 0 as Int64)
        writer.append(published.milliseconds)
        writer.append(Int64(attributes.count))
        for attribute in attributes {
            for text in [attribute.name, attribute.type, attribute.text] { writer.append(text) }
            writer.append(attribute.bytes ?? [])
        }
        return writer.bytes
    }

    init?(bytes: [UInt8]) {
        var reader = FieldReader(bytes)
        guard reader.byte() == Self.format, let id = reader.text(), let account = reader.text(),
            let region = reader.text(), let name = reader.text(), let body = reader.text(), let origin = reader.text(),
            let subject = reader.optionalText(), let group = reader.optionalText(),
            let deduplicationID = reader.optionalText(), let sequence = reader.optionalText(),
            let trace = reader.optionalText(), let isStructured = reader.integer(), let published = reader.integer(),
            let count = reader.integer(), count >= 0, count <= bytes.count
        else { return nil }
        self.init(
            id: id, topic: TopicKey(account: account, region: region, name: name), subject: subject.value, body: body,
            isStructured: isStructured != 0, group: group.value, deduplicationID: deduplicationID.value,
            sequence: sequence.value, published: Timestamp(milliseconds: published), origin: origin,
            traceHeader: trace.value)
        for _ in 0..<count {
            guard let name = reader.text(), let type = reader.text(), let text = reader.text(),
                let bytes = reader.data()
            else { return nil }
            attributes.append(
                MessageAttribute(name: name, type: type, text: text, bytes: type.hasPrefix("Binary") ? bytes : nil))
        }
    }

    init(
        id: String, topic: TopicKey, subject: String? = nil, body: String, isStructured: Bool = false,
        attributes: [MessageAttribute] = [], group: String? = nil, deduplicationID: String? = nil,
        sequence: String? = nil, published: Timestamp, origin: String, traceHeader: String? = nil
    ) {
        self.id = id
        self.topic = topic
        self.subject = subject
        self.body = body
        self.isStructured = isStructured
        self.attributes = attributes
        self.group = group
        self.deduplicationID = deduplicationID
        self.sequence = sequence
        self.published = published
        self.origin = origin
        self.traceHeader = traceHeader
    }
}

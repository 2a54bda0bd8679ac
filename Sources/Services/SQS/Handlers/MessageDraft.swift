import Crypto
import ServiceKit
import ServiceModel

/// A message as its sender gives it, checked.
struct MessageDraft: Sendable {
    let message: NewMessage
    let attributesMD5: String?
    let systemAttributesMD5: String?

    /// What a sender gives, alone or in a batch.
    struct Fields {
        var body: String
        var delay: Int?
        var attributes: [String: MessageAttributeValue]?
        var systemAttributes: [String: MessageSystemAttributeValue]?
        var deduplicationID: String?
        var group: String?
    }

    /// - Throws: AWS's errors.
    init(_ fields: Fields, for queue: QueueRecord, sender: String, trace: String?, now: Int64) throws(AWSError) {
        guard !fields.body.isEmpty else { throw SQSFailures.missingParameter("MessageBody") }
        let settings = queue.defaults
        let attributes = try MessageAttribute.read(fields.attributes)
        let system = try MessageAttribute.readSystem(fields.systemAttributes)
        let size = attributes.reduce(fields.body.utf8.count) { $0 + $1.size }
        guard size <= settings.maximumMessageSize else {
            throw SQSFailures.invalidParameter(
                "One or more parameters are invalid. Reason: Message must be shorter than \(settings.maximumMessageSize) bytes."
            )
        }
        try MessageText.check(fields.body)
        if let group = fields.group { try MessageText.checkID(group, "MessageGroupId") }
        if let id = fields.deduplicationID { try MessageText.checkID(id, "MessageDeduplicationId") }
        var extra = MessageExtra(sender: sender, traceHeader: trace, attributes: attributes)
        if case .text(let text)? = system.first?.value { extra.traceHeader = text }
        var deduplication: Deduplication?
        if settings.isFIFO {
            let id = try Self.deduplicationID(fields, settings)
            extra.deduplicationID = id
            deduplication = Deduplication(id, group: settings.deduplicatesByGroup ? fields.group : nil)
        } else if let id = fields.deduplicationID {
            throw SQSFailures.invalidParameter(
                id, "MessageDeduplicationId", "The request includes a parameter that is not valid for this queue type.")
        }
        let content = MessageContent(
            id: .make(), body: fields.body, group: fields.group, extra: extra, size: size)
        let delay = try Self.delay(fields.delay, settings)
        message = NewMessage(
            content: content, sent: now, visibleAt: delay > 0 ? now + Int64(delay) * 1000 : nil,
            deduplication: deduplication)
        attributesMD5 = attributes.isEmpty ? nil : attributes.md5
        systemAttributesMD5 = system.isEmpty ? nil : system.md5
    }

    private static func deduplicationID(_ fields: Fields, _ settings: QueueDefaults) throws(AWSError) -> String {
        guard fields.group != nil else { throw SQSFailures.missingParameter("MessageGroupId") }
        if let id = fields.deduplicationID { return id }
        guard settings.contentBasedDeduplication else {
            throw SQSFailures.invalidParameter(
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
            )
        }
        return Hexadecimal.encode(SHA256.hash(data: Array(fields.body.utf8)))
    }

    /// Seconds; a FIFO queue has its own delay only, which is not a message's.
    private static func delay(_ given: Int?, _ settings: QueueDefaults) throws(AWSError) -> Int {
        if settings.isFIFO {
            if let given, given != 0 {
                throw SQSFailures.invalidParameter(
                    given, "DelaySeconds", "The request include parameter that is not valid for this queue type.")
            }
            return 0
        }
        guard let given else { return settings.delay }
        guard SQSLimits.delay.contains(given) else {
            throw SQSFailures.invalidParameter(given, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
        }
        return given
    }
}

/// The number that a FIFO queue gives a message: twenty digits, growing.
enum SequenceNumber {
    static func text(_ sequence: Int64) -> String {
        let digits = String(sequence)
        return "18" + String(repeating: "0", count: max(0, 18 - digits.count)) + digits
    }
}

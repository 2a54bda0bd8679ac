import ServiceKit

/// What a message holds and never changes. Shared by whoever has it in hand.
final class MessageContent: Sendable {
    let id: MessageID
    let body: String
    /// Of FIFO queues, and of standard ones whose tenants share them fairly.
    let group: String?
    let extra: MessageExtra
    /// Bytes of body and attributes.
    let size: Int

    init(id: MessageID, body: String, group: String? = nil, extra: MessageExtra, size: Int) {
        self.id = id
        self.body = body
        self.group = group
        self.extra = extra
        self.size = size
    }
}

/// What few messages have beside a body and a sender.
struct MessageExtra: Sendable, Hashable {
    /// The id of the sender: an account, a user's or a role's unique id with the session.
    var sender: String
    var deduplicationID: String?
    var traceHeader: String?
    /// The ARN of the queue that the message was in before it came to this dead-letter queue.
    var deadLetterSource: String?
    var attributes: [MessageAttribute] = []

    init(
        sender: String, deduplicationID: String? = nil, traceHeader: String? = nil, deadLetterSource: String? = nil,
        attributes: [MessageAttribute] = []
    ) {
        self.sender = sender
        self.deduplicationID = deduplicationID
        self.traceHeader = traceHeader
        self.deadLetterSource = deadLetterSource
        self.attributes = attributes
    }

    // MARK: As bytes of a row

    /// Fields one after another: a tag, a length of four bytes, the field.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(sender.utf8.count + 8)
        func append(_ tag: UInt8, _ field: some Collection<UInt8>) {
            bytes.append(tag)
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: field.count >> shift)) }
            bytes.append(contentsOf: field)
        }
        append(1, sender.utf8)
        if let deduplicationID { append(2, deduplicationID.utf8) }
        if let traceHeader { append(3, traceHeader.utf8) }
        if let deadLetterSource { append(4, deadLetterSource.utf8) }
        for attribute in attributes {
            append(5, attribute.name.utf8)
            append(6, attribute.type.utf8)
            switch attribute.value {
            case .text(let text): append(7, text.utf8)
            case .binary(let value): append(8, value)
            }
        }
        return bytes
    }

    init(bytes: [UInt8]) {
        self.init(sender: "")
        var name = ""
        var type = ""
        var index = 0
        while index + 5 <= bytes.count {
            let length = bytes[index + 1..<index + 5].reduce(0) { $0 << 8 | Int($1) }
            let start = index + 5
            guard length <= bytes.count - start else { return }
            let field = bytes[start..<start + length]
            func text() -> String { String(decoding: field, as: UTF8.self) }
            switch bytes[index] {
            case 1: sender = text()
            case 2: deduplicationID = text()
            case 3: traceHeader = text()
            case 4: deadLetterSource = text()
            case 5: name = text()
            case 6: type = text()
            case 7: attributes.append(MessageAttribute(name: name, type: type, value: .text(text())))
            case 8: attributes.append(MessageAttribute(name: name, type: type, value: .binary(Array(field))))
            default: break
            }
            index = start + length
        }
    }
}

extension MessageContent {
    /// The same message in a dead-letter queue. In a FIFO queue its id takes the place of the deduplication id, which another message
    /// may have by now.
    func deadLetter(of source: String) -> MessageContent {
        var extra = extra
        extra.deadLetterSource = source
        if extra.deduplicationID != nil { extra.deduplicationID = id.text }
        return MessageContent(id: id, body: body, group: group, extra: extra, size: size)
    }

    /// The message as it is moved out of a dead-letter queue: a new one, with an id of its own.
    /// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html>.
    func redriven() -> MessageContent {
        var extra = extra
        extra.deadLetterSource = nil
        return MessageContent(id: .make(), body: body, group: group, extra: extra, size: size)
    }
}

import ServiceKit
import ServiceModel

/// What subscribers get around a message, and what they are asked to confirm.
/// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
struct Envelope: Sendable, Hashable {
    enum Kind: String, Sendable, Hashable {
        case notification = "Notification"
        case subscriptionConfirmation = "SubscriptionConfirmation"
        case unsubscribeConfirmation = "UnsubscribeConfirmation"
    }

    var kind: Kind
    var messageID: String
    var topicARN: String
    var subject: String?
    var message: String
    var timestamp: Timestamp
    var sequence: String?
    var attributes: [MessageAttribute] = []
    var unsubscribeURL: String?
    /// Of confirmations.
    var token: String?
    var subscribeURL: String?
    /// Nil: of a FIFO topic, whose messages are not signed.
    var signature: EnvelopeSignature?

    /// The envelope of a published message.
    init(_ message: PublishedMessage, _ subscription: SubscriptionRecord, text: String) {
        kind = .notification
        messageID = message.id
        topicARN = message.topic.arn
        subject = message.subject
        self.message = text
        timestamp = message.published
        sequence = message.sequence
        attributes = message.attributes
        unsubscribeURL = "\(message.origin(for: subscription))/?Action=Unsubscribe&SubscriptionArn=\(subscription.arn)"
    }

    /// A request to confirm a subscription, or its end.
    init(confirming kind: Kind, _ subscription: SubscriptionRecord, token: String, id: String, at time: Timestamp) {
        self.kind = kind
        messageID = id
        topicARN = subscription.key.topic.arn
        message =
            kind == .subscriptionConfirmation
            ? "You have chosen to subscribe to the topic \(topicARN).\n"
                + "To confirm the subscription, visit the SubscribeURL included in this message."
            : "You have chosen to deactivate subscription \(subscription.arn).\n"
                + "To cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
        timestamp = time
        self.token = token
        subscribeURL = "\(subscription.origin)/?Action=ConfirmSubscription&TopicArn=\(topicARN)&Token=\(token)"
    }

    /// What is signed: names and values, each on a line, in the order of the names.
    /// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
    var signedText: String {
        var lines: [(String, String?)] = [("Message", message), ("MessageId", messageID)]
        if kind == .notification {
            lines += [("Subject", subject)]
        } else {
            lines += [("SubscribeURL", subscribeURL)]
        }
        lines += [("Timestamp", timestamp.rfc3339)]
        if kind != .notification { lines += [("Token", token)] }
        lines += [("TopicArn", topicARN), ("Type", kind.rawValue)]
        return lines.compactMap { line in line.1.map { "\(line.0)\n\($0)\n" } }.joined()
    }

    /// As it is sent to queues, over HTTP and in `email-json`.
    var document: [UInt8] {
        var bytes = Array("{".utf8)
        bytes.reserveCapacity(message.utf8.count + 1024)
        func member(_ name: String, _ value: String?) {
            guard let value else { return }
            bytes += Array((bytes.count == 1 ? "\n  \"" : ",\n  \"").utf8)
            bytes += Array(name.utf8)
            bytes += Array("\" : ".utf8)
            JSONString.append(value, to: &bytes)
        }
        member("Type", kind.rawValue)
        member("MessageId", messageID)
        member("SequenceNumber", sequence)
        if kind != .notification { member("Token", token) }
        member("TopicArn", topicARN)
        member("Subject", subject)
        member("Message", message)
        member("SubscribeURL", subscribeURL)
        member("Timestamp", timestamp.rfc3339)
        if let signature {
            member("SignatureVersion", String(signature.version))
            member("Signature", signature.value)
            member("SigningCertURL", signature.certificateURL)
        }
        member("UnsubscribeURL", unsubscribeURL)
        if !attributes.isEmpty {
            bytes += Array(",\n  \"MessageAttributes\" : {".utf8)
            for (index, attribute) in attributes.enumerated() {
                bytes += Array((index == 0 ? "\n    " : ",\n    ").utf8)
                JSONString.append(attribute.name, to: &bytes)
                bytes += Array(" : {\"Type\":".utf8)
                JSONString.append(attribute.type, to: &bytes)
                bytes += Array(",\"Value\":".utf8)
                JSONString.append(attribute.shown, to: &bytes)
                bytes.append(UInt8(ascii: "}"))
            }
            bytes += Array("\n  }".utf8)
        }
        bytes += Array("\n}".utf8)
        return bytes
    }

    /// The event that a function gets. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
    func event(subscriptionARN: String) -> [UInt8] {
        let attributes = attributes.map { attribute in
            JSONValue.Member(
                name: attribute.name,
                value: .object(("Type", .string(attribute.type)), ("Value", .string(attribute.shown))))
        }
        func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
        let notification: JSONValue = .object(
            ("Type", .string(kind.rawValue)), ("MessageId", .string(messageID)), ("TopicArn", .string(topicARN)),
            ("Subject", text(subject)), ("Message", .string(message)), ("Timestamp", .string(timestamp.rfc3339)),
            ("SignatureVersion", text(signature.map { String($0.version) })), ("Signature", text(signature?.value)),
            ("SigningCertUrl", text(signature?.certificateURL)), ("UnsubscribeUrl", text(unsubscribeURL)),
            ("MessageAttributes", .object(attributes)))
        let record: JSONValue = .object(
            ("EventSource", "aws:sns"), ("EventVersion", "1.0"), ("EventSubscriptionArn", .string(subscriptionARN)),
            ("Sns", notification))
        return JSONValue.object(("Records", .array([record]))).bytes()
    }
}

/// The signature of an envelope.
struct EnvelopeSignature: Sendable, Hashable {
    /// 1 or 2.
    var version: Int
    /// In base 64.
    var value: String
    var certificateURL: String
}

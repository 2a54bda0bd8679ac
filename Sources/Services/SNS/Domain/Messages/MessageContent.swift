import Crypto
import Foundation
import ServiceKit
import ServiceModel

/// What a caller publishes, before it is checked.
struct MessageContent {
    var message: String
    var subject: String?
    var structure: String?
    var attributes: [String: MessageAttributeValue]?
    var group: String?
    var deduplicationID: String?

    /// What FIFO topics need, and others do not take.
    func checkFIFO(_ topic: TopicRecord) throws(AWSError) {
        if let group, !MessageText.isFIFOName(group) {
            throw SNSFailures.invalid(
                "The MessageGroupId parameter can only include alphanumeric and punctuation characters. 1 to 128 in length."
            )
        }
        guard topic.isFIFO else {
            guard deduplicationID == nil else {
                throw SNSFailures.invalid(
                    "MessageDeduplicationId",
                    reason:
                        "The request includes MessageDeduplicationId parameter that is not valid for this topic type")
            }
            return
        }
        guard group != nil else {
            throw SNSFailures.invalid("The MessageGroupId parameter is required for FIFO topics")
        }
        guard let deduplicationID else {
            guard topic.deduplicatesByContent else {
                throw SNSFailures.invalid(
                    "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                        + "explicitly")
            }
            return
        }
        guard MessageText.isFIFOName(deduplicationID) else {
            throw SNSFailures.invalid(
                "The MessageDeduplicationId parameter can only include alphanumeric and punctuation characters. "
                    + "1 to 128 in length.")
        }
    }

    /// The message, if there is nothing to say against it but its size.
    func message(
        for topic: TopicRecord, origin: String, at time: Timestamp, _ traceHeader: String?
    ) throws(AWSError) -> PublishedMessage {
        guard !message.isEmpty else { throw SNSFailures.invalid("Empty message") }
        guard message.utf8.count <= PublishedMessage.maximumSize else { throw SNSFailures.invalid("Message too long") }
        try MessageText.checkSubject(subject)
        let isStructured = try MessageText.checkStructure(structure, message)
        let attributes = try MessageAttribute.checked(attributes)
        try checkFIFO(topic)
        var deduplicationID = deduplicationID
        if topic.isFIFO, deduplicationID == nil {
            deduplicationID = Hexadecimal.encode(Array(SHA256.hash(data: Data(message.utf8))))
        }
        return PublishedMessage(
            id: RandomUUID.make(), topic: topic.key, subject: subject, body: message, isStructured: isStructured,
            attributes: attributes, group: group, deduplicationID: deduplicationID, published: time, origin: origin,
            traceHeader: traceHeader)
    }
}

import Foundation
import ServiceModel

/// Writes messages as the records of an event, straight into its bytes:
/// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
struct QueueRecordWriter: Sendable {
    /// What all records of a queue end with.
    private let end: [UInt8]
    /// Where batches are gathered over some time, AWS says of a message without attributes that their digest is null, and elsewhere
    /// nothing.
    private let showsMissingDigest: Bool

    /// In AWS's order.
    private static let attributes = [
        "ApproximateReceiveCount", "AWSTraceHeader", "SentTimestamp", "SequenceNumber", "MessageGroupId", "SenderId",
        "MessageDeduplicationId", "ApproximateFirstReceiveTimestamp", "DeadLetterQueueSourceArn",
    ].map { name in (name: name, key: Array("\"\(name)\":".utf8)) }

    init(arn: String, region: String, isGathering: Bool) {
        var end = Array(",\"eventSource\":\"aws:sqs\",\"eventSourceARN\":".utf8)
        JSONString.append(arn, to: &end)
        end += ",\"awsRegion\":".utf8
        JSONString.append(region, to: &end)
        end.append(UInt8(ascii: "}"))
        self.end = end
        showsMissingDigest = isGathering
    }

    /// About how many bytes a record has.
    func size(_ message: QueueMessage) -> Int { message.body.utf8.count + end.count + 640 }

    /// - Parameters:
    ///   - message: what is written.
    ///   - bytes: where it is appended.
    ///   - bodyIsJSON: whether the body is written as the JSON that it is, for filters that look into it, and not as a string.
    func append(_ message: QueueMessage, to bytes: inout [UInt8], bodyIsJSON: Bool = false) {
        bytes += "{\"messageId\":".utf8
        JSONString.append(message.id, to: &bytes)
        bytes += ",\"receiptHandle\":".utf8
        JSONString.append(message.receiptHandle, to: &bytes)
        bytes += ",\"body\":".utf8
        if bodyIsJSON { bytes += message.body.utf8 } else { JSONString.append(message.body, to: &bytes) }
        bytes += ",\"attributes\":{".utf8
        var isFirst = true
        for (name, key) in Self.attributes {
            guard case .string(let value)? = message.attributes[name] else { continue }
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            bytes += key
            JSONString.append(value, to: &bytes)
        }
        bytes += "},\"messageAttributes\":{".utf8
        if !message.messageAttributes.isEmpty { append(message.messageAttributes, to: &bytes) }
        bytes.append(UInt8(ascii: "}"))
        if let digest = message.attributesDigest {
            bytes += ",\"md5OfMessageAttributes\":".utf8
            JSONString.append(digest, to: &bytes)
        } else if showsMissingDigest {
            bytes += ",\"md5OfMessageAttributes\":null".utf8
        }
        bytes += ",\"md5OfBody\":".utf8
        JSONString.append(message.bodyDigest, to: &bytes)
        bytes += end
    }

    private func append(_ attributes: [String: WireValue], to bytes: inout [UInt8]) {
        var isFirst = true
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            JSONString.append(name, to: &bytes)
            bytes += ":{".utf8
            if let text = value["StringValue"]?.stringValue {
                bytes += "\"stringValue\":".utf8
                JSONString.append(text, to: &bytes)
                bytes.append(UInt8(ascii: ","))
            }
            if let blob = value["BinaryValue"]?.blobValue {
                bytes += "\"binaryValue\":".utf8
                JSONString.append(Data(blob).base64EncodedString(), to: &bytes)
                bytes.append(UInt8(ascii: ","))
            }
            // SQS has no lists yet.
            bytes += "\"stringListValues\":[],\"binaryListValues\":[],\"dataType\":".utf8
            JSONString.append(value["DataType"]?.stringValue ?? "String", to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
    }
}

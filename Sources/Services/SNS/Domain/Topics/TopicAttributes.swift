import ServiceKit
import ServiceModel

/// What may be set of a topic. https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
enum TopicAttributes {
    private static let feedbackProtocols = ["HTTP", "Lambda", "SQS", "Firehose", "Application"]

    /// Attributes of delivery status logging, with their protocol.
    static let feedback: Set<String> = Set(
        feedbackProtocols.flatMap {
            ["\($0)SuccessFeedbackRoleArn", "\($0)SuccessFeedbackSampleRate", "\($0)FailureFeedbackRoleArn"]
        })

    private static let settable = feedback.union([
        "DeliveryPolicy", "DisplayName", "Policy", "TracingConfig", "KmsMasterKeyId", "SignatureVersion",
        "ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy",
    ])

    /// The attributes of a topic that is made.
    static func created(_ given: [String: String], _ key: TopicKey, operation: String) throws(AWSError) -> [String:
        String]
    {
        var topic = TopicRecord(key: key, id: 0)
        if let value = given["FifoTopic"] {
            guard value == "true" || value == "false" else {
                throw SNSFailures.invalid(
                    "Attributes", reason: "FifoTopic: Invalid value [\(value)]. Must be true or false.")
            }
            topic.attributes["FifoTopic"] = value == "true" ? "true" : nil
        }
        for (name, value) in given.sorted(by: { $0.key < $1.key }) where name != "FifoTopic" {
            guard settable.contains(name) else {
                throw SNSFailures.invalid("Attributes", reason: "Unknown attribute \(name)")
            }
            try set(name, value, on: &topic, operation: operation, prefix: "Attributes Reason: ")
        }
        return topic.attributes
    }

    /// Sets an attribute; nil or empty: back to the default. The prefix is what stands before the reason, when the topic is made.
    static func set(
        _ name: String, _ value: String?, on topic: inout TopicRecord, operation: String, prefix: String = ""
    ) throws(AWSError) {
        guard settable.contains(name) else { throw SNSFailures.invalid("AttributeName") }
        guard let value, !value.isEmpty else {
            topic.attributes[name] = nil
            return
        }
        topic.attributes[name] = try checked(name, value, topic, operation: operation, prefix: prefix)
    }

    /// The value in the form in which it is kept; nil: the default.
    private static func checked(
        _ name: String, _ value: String, _ topic: TopicRecord, operation: String, prefix: String
    ) throws(AWSError) -> String? {
        func refused(_ reason: String) -> AWSError { SNSFailures.invalid("\(prefix)\(reason)") }
        func oneOf(_ choices: String...) throws(AWSError) -> String {
            guard choices.contains(value) else {
                throw refused("\(name): Invalid value [\(value)]. Must be \(choices.joined(separator: " or ")).")
            }
            return value
        }
        if name.hasSuffix("FeedbackRoleArn") {
            guard let arn = ARN(value), arn.service == "iam", arn.typed?.type == "role" else {
                throw refused("\(name): Invalid value [\(value)]. Must be a role ARN.")
            }
            return value
        }
        if name.hasSuffix("FeedbackSampleRate") {
            guard let rate = Int(value), (0...100).contains(rate) else {
                throw refused("\(name): Invalid value [\(value)]. Must be a whole number between 0 and 100.")
            }
            return String(rate)
        }
        switch name {
        case "DisplayName":
            guard value.unicodeScalars.count <= 100 else {
                throw refused("DisplayName: must be at most 100 characters")
            }
            return value
        case "Policy":
            try TopicPolicy.check(value, prefix: prefix)
            return value
        case "DeliveryPolicy": return try TopicDeliveryPolicy.checked(value, prefix: prefix)
        case "TracingConfig": return try oneOf("PassThrough", "Active")
        case "SignatureVersion": return try oneOf("1", "2")
        // Kept and shown, as queues do: what is said to be encrypted on AWS can be made here, where there is no KMS.
        case "KmsMasterKeyId":
            guard value.utf8.count <= 2048 else { throw refused("KmsMasterKeyId") }
            return value
        case "ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy":
            guard topic.isFIFO else {
                if name == "ContentBasedDeduplication", value == "false" { return nil }
                throw refused("\(name): Attribute is only supported for FIFO topics")
            }
            if name == "ArchivePolicy" {
                try checkArchive(value, prefix: prefix)
                throw AWSError.notImplemented(service: "sns", operation: operation, parameter: "ArchivePolicy")
            }
            return name == "FifoThroughputScope" ? try oneOf("Topic", "MessageGroup") : try oneOf("true", "false")
        default: return value
        }
    }

    /// `{"MessageRetentionPeriod": days}`, of 1 to 365.
    private static func checkArchive(_ text: String, prefix: String) throws(AWSError) {
        guard let policy = JSONValue(parsing: text), policy.members != nil else {
            throw SNSFailures.invalid("\(prefix)ArchivePolicy: failed to parse JSON.")
        }
        let period = policy["MessageRetentionPeriod"]
        guard let days = period?.integer ?? period?.text.flatMap(Int.init), (1...365).contains(days) else {
            throw SNSFailures.invalid("\(prefix)ArchivePolicy: MessageRetentionPeriod must be between 1 and 365 days")
        }
    }
}

/// What a topic may be called.
enum TopicName {
    static func check(_ name: String, isFIFO: Bool) throws(AWSError) {
        let base = isFIFO && name.hasSuffix(".fifo") ? String(name.dropLast(5)) : name
        let isPlain =
            !base.isEmpty && name.utf8.count <= 256
            && base.utf8.allSatisfy {
                (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: "_")
            }
        guard isPlain, !isFIFO || name.hasSuffix(".fifo") else {
            throw SNSFailures.invalid(
                isFIFO
                    ? "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII "
                        + "letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
                    : "Topic Name")
        }
    }
}

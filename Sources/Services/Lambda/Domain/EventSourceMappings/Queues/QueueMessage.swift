import ServiceModel

/// A message of a queue, as `ReceiveMessage` gives it.
struct QueueMessage: Sendable {
    let id: String
    let receiptHandle: String
    let body: String
    let bodyDigest: String
    let attributesDigest: String?
    /// What SQS says of it, such as `SentTimestamp`.
    let attributes: [String: WireValue]
    /// What its sender says of it: structures.
    let messageAttributes: [String: WireValue]

    /// - Returns: nil for what is no message that could be processed and deleted.
    init?(_ value: WireValue) {
        guard case .structure(let members) = value, case .string(let id)? = members["MessageId"],
            case .string(let handle)? = members["ReceiptHandle"]
        else { return nil }
        self.id = id
        receiptHandle = handle
        body = members["Body"]?.stringValue ?? ""
        bodyDigest = members["MD5OfBody"]?.stringValue ?? ""
        attributesDigest = members["MD5OfMessageAttributes"]?.stringValue
        attributes = members["Attributes"]?.mapValue ?? [:]
        messageAttributes = members["MessageAttributes"]?.mapValue ?? [:]
    }

    /// Of FIFO queues: messages of one group are processed in order.
    var group: String? { attributes["MessageGroupId"]?.stringValue }

    /// The X-Ray header of whoever has sent it.
    var traceHeader: String? { attributes["AWSTraceHeader"]?.stringValue }
}

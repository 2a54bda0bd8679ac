import ServiceKit

/// The attributes of a queue that can be set.
/// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>.
struct QueueSettings: Sendable, Hashable {
    /// Seconds, as all times here.
    var visibilityTimeout = 30
    var maximumMessageSize = SQSLimits.messageSize
    var retention = 345_600
    var delay = 0
    var receiveWait = 0
    var policy: QueuePolicy?
    var redrive: RedrivePolicy?
    var redriveAllow: RedriveAllowPolicy?
    var isFIFO = false
    var contentBasedDeduplication = false
    var deduplicatesByGroup = false
    var limitsThroughputByGroup = false
    var kmsKey: String?
    var kmsReusePeriod: Int?
    var sqsManagedSSE = true

    /// Milliseconds.
    var retentionTime: Int64 { Int64(retention) * 1000 }

    /// The names of the attributes that are set by ``set(_:_:)``.
    static let names: Set<String> = [
        "VisibilityTimeout", "MaximumMessageSize", "MessageRetentionPeriod", "DelaySeconds",
        "ReceiveMessageWaitTimeSeconds", "Policy", "RedrivePolicy", "RedriveAllowPolicy", "FifoQueue",
        "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit", "KmsMasterKeyId",
        "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled",
    ]

    /// Those that only the queue's owner sees.
    static let readOnly: Set<String> = [
        "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
        "CreatedTimestamp", "LastModifiedTimestamp", "QueueArn",
    ]

    /// The text of every attribute that has a value, by its name.
    var texts: [String: String] {
        var texts = [
            "VisibilityTimeout": String(visibilityTimeout), "MaximumMessageSize": String(maximumMessageSize),
            "MessageRetentionPeriod": String(retention), "DelaySeconds": String(delay),
            "ReceiveMessageWaitTimeSeconds": String(receiveWait), "SqsManagedSseEnabled": String(sqsManagedSSE),
        ]
        texts["Policy"] = policy?.text
        texts["RedrivePolicy"] = redrive?.text
        texts["RedriveAllowPolicy"] = redriveAllow?.text
        texts["KmsMasterKeyId"] = kmsKey
        if kmsKey != nil { texts["KmsDataKeyReusePeriodSeconds"] = String(kmsReusePeriod ?? 300) }
        if isFIFO {
            texts["FifoQueue"] = "true"
            texts["ContentBasedDeduplication"] = String(contentBasedDeduplication)
            texts["DeduplicationScope"] = deduplicatesByGroup ? "messageGroup" : "queue"
            texts["FifoThroughputLimit"] = limitsThroughputByGroup ? "perMessageGroupId" : "perQueue"
        }
        return texts
    }

    /// Sets attributes as they are given, in AWS's own order of checks.
    /// - Throws: AWS's errors.
    mutating func set(_ given: [String: String], isNew: Bool = false) throws(AWSError) {
        for (name, value) in given.sorted(by: { $0.key < $1.key }) {
            guard Self.names.contains(name) else { throw SQSFailures.unknownAttribute(name) }
            try set(name, value, isNew: isNew)
        }
        if given["SqsManagedSseEnabled"] == "true", kmsKey != nil {
            throw SQSError.invalidAttributeName(
                "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."
            )
        }
        if limitsThroughputByGroup, !deduplicatesByGroup {
            throw SQSFailures.invalidAttribute(
                "FifoThroughputLimit", "The value perMessageGroupId needs the value messageGroup of DeduplicationScope."
            )
        }
    }

    /// Sets attributes that were checked before, as ``texts`` has them.
    mutating func load(_ texts: [String: String]) {
        for (name, value) in texts { try? set(name, value, isNew: true) }
        sqsManagedSSE = texts["SqsManagedSseEnabled"] == "true"
    }

    private mutating func set(_ name: String, _ value: String, isNew: Bool) throws(AWSError) {
        switch name {
        case "VisibilityTimeout": visibilityTimeout = try Self.number(name, value, SQSLimits.visibility)
        case "MaximumMessageSize": maximumMessageSize = try Self.number(name, value, 1024...SQSLimits.messageSize)
        case "MessageRetentionPeriod": retention = try Self.number(name, value, 60...1_209_600)
        case "DelaySeconds": delay = try Self.number(name, value, SQSLimits.delay)
        case "ReceiveMessageWaitTimeSeconds": receiveWait = try Self.number(name, value, SQSLimits.wait)
        case "Policy": policy = value.isEmpty ? nil : try QueuePolicy(parsing: value)
        case "RedrivePolicy": redrive = value.isEmpty ? nil : try RedrivePolicy(parsing: value)
        case "RedriveAllowPolicy": redriveAllow = value.isEmpty ? nil : try RedriveAllowPolicy(parsing: value)
        case "FifoQueue": try setFIFO(value, isNew: isNew)
        case "ContentBasedDeduplication":
            guard isFIFO else { throw SQSFailures.unknownAttribute(name) }
            contentBasedDeduplication = try Self.boolean(name, value)
        case "DeduplicationScope": deduplicatesByGroup = try choice(name, value, "queue", "messageGroup")
        case "FifoThroughputLimit": limitsThroughputByGroup = try choice(name, value, "perQueue", "perMessageGroupId")
        case "KmsMasterKeyId":
            kmsKey = value.isEmpty ? nil : value
            guard value.utf8.count <= 2048 else { throw SQSFailures.invalidAttribute(name) }
            if kmsKey != nil { sqsManagedSSE = false }
        case "KmsDataKeyReusePeriodSeconds": kmsReusePeriod = try Self.number(name, value, 60...86_400)
        case "SqsManagedSseEnabled":
            sqsManagedSSE = try Self.boolean(name, value)
        default: throw SQSFailures.unknownAttribute(name)
        }
    }

    /// A queue is FIFO from the beginning, or never; a new one that is has its name checked by then.
    private func setFIFO(_ value: String, isNew: Bool) throws(AWSError) {
        guard isFIFO else { throw SQSFailures.unknownAttribute("FifoQueue") }
        guard value == "true" else {
            throw SQSFailures.invalidAttribute(
                "FifoQueue", value == "false" && !isNew ? "Modifying queue type is not supported." : nil)
        }
    }

    private func choice(_ name: String, _ value: String, _ no: String, _ yes: String) throws(AWSError) -> Bool {
        guard isFIFO else {
            throw SQSError.invalidAttributeName("You can specify the \(name) only when FifoQueue is set to true.")
        }
        guard value == no || value == yes else { throw SQSFailures.invalidAttribute(name) }
        return value == yes
    }

    private static func number(_ name: String, _ text: String, _ range: ClosedRange<Int>) throws(AWSError) -> Int {
        guard text.utf8.count <= 12, let value = Int(text), range.contains(value) else {
            throw SQSFailures.invalidAttribute(name)
        }
        return value
    }

    private static func boolean(_ name: String, _ text: String) throws(AWSError) -> Bool {
        switch text.lowercased() {
        case "true": return true
        case "false": return false
        default: throw SQSFailures.invalidAttribute(name)
        }
    }
}

import ServiceKit
import ServiceModel

/// Calls of SQS that concern one queue.
struct QueueClient: Sendable {
    let calls: InProcessCaller
    let queue: QueueAddress
    private let url: WireValue
    /// The most messages that SQS gives or takes at once.
    static let batch = 10
    /// The longest that SQS waits for messages, in seconds.
    static let wait = 20

    private static let everything: WireValue = .list([.string("All")])

    init(calls: InProcessCaller, queue: QueueAddress) {
        self.calls = calls
        self.queue = queue
        url = .string(queue.url)
    }

    /// Messages, up to ten.
    /// `wait`: in seconds; at the deadline, if there is one, the wait is over before.
    func receive(
        _ count: Int, wait: Int, deadline: ContinuousClock.Instant? = nil, as principal: Principal
    ) async throws -> [QueueMessage] {
        let output = try await call(
            "ReceiveMessage",
            [
                "QueueUrl": url, "MaxNumberOfMessages": .integer(Int64(min(max(count, 1), Self.batch))),
                "WaitTimeSeconds": .integer(Int64(wait)), "MessageSystemAttributeNames": Self.everything,
                "MessageAttributeNames": Self.everything,
            ], as: principal, deadline: deadline)
        guard case .list(let messages)? = output["Messages"] else { return [] }
        return messages.compactMap(QueueMessage.init)
    }

    /// What could not be deleted, of ten at most.
    struct Failures: Sendable {
        /// To be tried again.
        var retryable: [String] = []
        /// Not there any more, or never was.
        var lost: [String] = []
    }

    func delete(_ handles: [String], as principal: Principal) async throws -> Failures {
        let output = try await call("DeleteMessageBatch", batch(handles), as: principal)
        guard case .list(let failed)? = output["Failed"], !failed.isEmpty else { return Failures() }
        var failures = Failures()
        for failure in failed {
            guard let index = (failure["Id"]?.stringValue).flatMap({ Int($0) }), handles.indices.contains(index) else {
                continue
            }
            if failure["SenderFault"]?.booleanValue == true {
                failures.lost.append(handles[index])
            } else {
                failures.retryable.append(handles[index])
            }
        }
        return failures
    }

    /// Makes messages visible again at once.
    func release(_ handles: [String], as principal: Principal) async throws {
        for start in stride(from: 0, to: handles.count, by: Self.batch) {
            let some = Array(handles[start..<min(start + Self.batch, handles.count)])
            _ = try await call("ChangeMessageVisibilityBatch", batch(some, visibility: 0), as: principal)
        }
    }

    /// What of the queue's settings matters here.
    struct Attributes: Sendable {
        /// In seconds.
        var visibilityTimeout = 30
        var deadLetterQueue: QueueAddress?
    }

    func attributes(as principal: Principal) async throws -> Attributes {
        let output = try await call(
            "GetQueueAttributes",
            ["QueueUrl": url, "AttributeNames": .list(["VisibilityTimeout", "RedrivePolicy"])], as: principal)
        let found = output["Attributes"]?.mapValue ?? [:]
        var attributes = Attributes()
        if let seconds = (found["VisibilityTimeout"]?.stringValue).flatMap({ Int($0) }) {
            attributes.visibilityTimeout = seconds
        }
        if let policy = found["RedrivePolicy"]?.stringValue, case .object(let members)? = JSONParts(Array(policy.utf8)),
            let target = members["deadLetterTargetArn"], case .string(let arn)? = JSONParts(part: target)
        {
            attributes.deadLetterQueue = QueueAddress(arn: arn)
        }
        return attributes
    }

    /// Sends a message as it is.
    func send(_ message: QueueMessage, as principal: Principal) async throws {
        var input: [String: WireValue] = ["QueueUrl": url, "MessageBody": .string(message.body)]
        if !message.messageAttributes.isEmpty { input["MessageAttributes"] = .map(message.messageAttributes) }
        if let trace = message.traceHeader {
            input["MessageSystemAttributes"] = .map([
                "AWSTraceHeader": .structure(["DataType": "String", "StringValue": .string(trace)])
            ])
        }
        if let group = message.group {
            input["MessageGroupId"] = .string(group)
            if queue.name.hasSuffix(".fifo") {
                input["MessageDeduplicationId"] = message.attributes["MessageDeduplicationId"] ?? .string(message.id)
            }
        }
        _ = try await call("SendMessage", input, as: principal)
    }

    private func batch(_ handles: [String], visibility: Int64? = nil) -> [String: WireValue] {
        let entries = handles.enumerated().map { index, handle -> WireValue in
            var entry: [String: WireValue] = ["Id": .string(String(index)), "ReceiptHandle": .string(handle)]
            if let visibility { entry["VisibilityTimeout"] = .integer(visibility) }
            return .structure(entry)
        }
        return ["QueueUrl": url, "Entries": .list(entries)]
    }

    private func call(
        _ operation: String, _ input: [String: WireValue], as principal: Principal,
        deadline: ContinuousClock.Instant? = nil
    ) async throws -> WireValue {
        try await calls.call(
            "sqs", operation, .structure(input), as: principal, account: queue.account, region: queue.region,
            deadline: deadline)
    }
}

import ServiceKit

/// Which attributes of a message its receiver wants to see.
struct MessageFilter: Sendable {
    private enum Wanted: Sendable { case none, all, some([String], prefixes: [String]) }

    private let system: Set<String>
    private let wantsAllSystem: Bool
    private let user: Wanted

    static let systemNames: Set<String> = [
        "All", "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp",
        "SequenceNumber", "MessageDeduplicationId", "MessageGroupId", "AWSTraceHeader", "DeadLetterQueueSourceArn",
    ]

    /// - Throws: AWS's errors for names of system attributes that do not exist.
    init(_ input: ReceiveMessageRequest) throws(AWSError) {
        var names: Set<String> = []
        for name in (input.attributeNames ?? []) + (input.messageSystemAttributeNames ?? []) {
            guard Self.systemNames.contains(name) else { throw SQSFailures.unknownAttribute(name) }
            names.insert(name)
        }
        system = names
        wantsAllSystem = names.contains("All")
        let given = input.messageAttributeNames ?? []
        if given.isEmpty {
            user = .none
        } else if given.contains(where: { $0 == "All" || $0 == ".*" || $0 == "*" }) {
            user = .all
        } else {
            user = .some(
                given.filter { !$0.hasSuffix(".*") },
                prefixes: given.filter { $0.hasSuffix(".*") }.map { String($0.dropLast(2)) })
        }
    }

    func attributes(_ all: [MessageAttribute]) -> [MessageAttribute] {
        switch user {
        case .none: []
        case .all: all
        case .some(let names, let prefixes):
            all.filter { attribute in
                names.contains(attribute.name) || prefixes.contains { attribute.name.hasPrefix($0) }
            }
        }
    }

    func systemAttributes(_ message: ReceivedMessage, isFIFO: Bool) -> [String: String]? {
        guard !system.isEmpty else { return nil }
        var values: [String: String] = [:]
        func add(_ name: String, _ value: @autoclosure () -> String?) {
            if wantsAllSystem || system.contains(name) { values[name] = value() }
        }
        add("SenderId", message.content.extra.sender)
        add("SentTimestamp", String(message.sent))
        add("ApproximateReceiveCount", String(message.receives))
        add("ApproximateFirstReceiveTimestamp", String(message.firstReceived))
        add("MessageGroupId", message.content.group)
        add("MessageDeduplicationId", message.content.extra.deduplicationID)
        add("SequenceNumber", isFIFO ? SequenceNumber.text(message.sequence) : nil)
        add("AWSTraceHeader", message.content.extra.traceHeader)
        add("DeadLetterQueueSourceArn", message.content.extra.deadLetterSource)
        return values.isEmpty ? nil : values
    }
}

import ServiceKit
import ServiceModel
import Synchronization
import TestSupport

/// As much of SQS as is polled: queues in memory that answer calls.
final class QueueDouble: AWSService {
    static let modelName = "sqs"
    static let implementedOperations: Set<String> = [
        "ReceiveMessage", "DeleteMessageBatch", "ChangeMessageVisibilityBatch", "GetQueueAttributes", "SendMessage",
    ]

    struct Message: Sendable {
        var id: String
        var body: String
        var group: String?
        var trace: String?
        var attributes: [String: WireValue] = [:]
        var visible: Timestamp
        var receives = 0
        var handle: String?
    }

    private struct Queue {
        var messages: [Message] = []
        var visibility = 30
        var deadLetters: String?
    }

    private struct State {
        var queues: [String: Queue] = [:]
        var counts: [String: Int] = [:]
        var principals: Set<Principal> = []
        var failures: [String: [AWSError]] = [:]
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextID = 0
        /// Grows with every change, so that none is missed.
        var version = 0
    }

    private let time: any TimeSource
    private let state = Mutex(State())

    init(time: any TimeSource) { self.time = time }

    // MARK: What tests do with it

    static func arn(_ name: String) -> String { "arn:aws:sqs:us-east-1:111111111111:\(name)" }

    func create(_ name: String, visibility: Int = 30, deadLetters: String? = nil) {
        state.withLock { $0.queues[name] = Queue(visibility: visibility, deadLetters: deadLetters) }
        ring()
    }

    func remove(_ name: String) {
        state.withLock { $0.queues[name] = nil }
        ring()
    }

    @discardableResult
    func send(
        _ name: String, _ bodies: String..., group: String? = nil, trace: String? = nil,
        attributes: [String: WireValue] = [:]
    ) -> [String] {
        send(name, bodies, group: group, trace: trace, attributes: attributes)
    }

    @discardableResult
    func send(
        _ name: String, _ bodies: [String], group: String? = nil, trace: String? = nil,
        attributes: [String: WireValue] = [:]
    ) -> [String] {
        let now = time.now
        let ids = state.withLock { state in
            bodies.map { body in
                state.nextID += 1
                let id = "id-\(state.nextID)"
                state.queues[name]?.messages.append(
                    Message(id: id, body: body, group: group, trace: trace, attributes: attributes, visible: now))
                return id
            }
        }
        ring()
        return ids
    }

    func messages(_ name: String) -> [Message] { state.withLock { $0.queues[name]?.messages ?? [] } }
    func calls(_ operation: String) -> Int { state.withLock { $0.counts[operation] ?? 0 } }
    var principals: Set<Principal> { state.withLock { $0.principals } }
    /// How many wait for messages.
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// The next call of the operation fails.
    func fail(_ operation: String, _ error: AWSError = .internalFailure) {
        state.withLock { $0.failures[operation, default: []].append(error) }
    }

    // MARK: AWSService

    func handle(_ call: Call) async throws -> Reply {
        let name = call.input["QueueUrl"]?.stringValue?.split(separator: "/").last.map(String.init) ?? ""
        try state.withLock { state in
            state.counts[call.operation, default: 0] += 1
            state.principals.insert(call.principal)
            if let failure = state.failures[call.operation]?.first {
                state.failures[call.operation]?.removeFirst()
                throw failure
            }
        }
        switch call.operation {
        case "ReceiveMessage": return Reply(try await receive(name, call))
        case "DeleteMessageBatch":
            let entries = call.input["Entries"]?.listValue ?? []
            try change(name) { queue in
                let handles = Set(entries.compactMap { $0["ReceiptHandle"]?.stringValue })
                queue.messages.removeAll { $0.handle.map(handles.contains) ?? false }
            }
            ring()
        case "ChangeMessageVisibilityBatch":
            let entries = call.input["Entries"]?.listValue ?? []
            let now = time.now
            try change(name) { queue in
                for entry in entries {
                    guard
                        let index = queue.messages.firstIndex(where: {
                            $0.handle == entry["ReceiptHandle"]?.stringValue
                        })
                    else { continue }
                    queue.messages[index].visible = now.advanced(
                        by: .seconds(entry["VisibilityTimeout"]?.integerValue ?? 0))
                }
            }
            ring()
        case "GetQueueAttributes":
            var attributes: [String: WireValue] = [:]
            try change(name) { queue in
                attributes["VisibilityTimeout"] = .string(String(queue.visibility))
                attributes["RedrivePolicy"] = queue.deadLetters.map {
                    .string(#"{"deadLetterTargetArn": "\#(Self.arn($0))", "maxReceiveCount": 3}"#)
                }
            }
            return Reply(.structure(["Attributes": .map(attributes)]))
        case "SendMessage":
            try change(name) { _ in }
            send(
                name, [call.input["MessageBody"]?.stringValue ?? ""],
                trace: call.input["MessageSystemAttributes"]?.mapValue?["AWSTraceHeader"]?["StringValue"]?.stringValue,
                attributes: call.input["MessageAttributes"]?.mapValue ?? [:])
        default: throw AWSError.notImplemented(service: "sqs", operation: call.operation)
        }
        return Reply()
    }

    private func change(_ name: String, _ body: (inout Queue) -> Void) throws {
        try state.withLock { state in
            guard var queue = state.queues[name] else {
                throw AWSError(
                    "AWS.SimpleQueueService.NonExistentQueue", shape: "QueueDoesNotExist",
                    message: "The specified queue does not exist.")
            }
            body(&queue)
            state.queues[name] = queue
        }
    }

    private func receive(_ name: String, _ call: Call) async throws -> WireValue {
        let wait = call.input["WaitTimeSeconds"]?.integerValue ?? 0
        let end = time.now.advanced(by: .seconds(wait))
        while true {
            let version = state.withLock { $0.version }
            let found = try take(name, Int(call.input["MaxNumberOfMessages"]?.integerValue ?? 1))
            if !found.isEmpty { return .structure(["Messages": .list(found)]) }
            guard time.now < end else { return .structure([:]) }
            let next = messages(name).map(\.visible).filter { $0 > time.now }.min() ?? end
            await waitForChange(until: min(next, end), after: version)
            try Task.checkCancellation()
        }
    }

    private func take(_ name: String, _ count: Int) throws -> [WireValue] {
        let now = time.now
        var found: [WireValue] = []
        try change(name) { queue in
            // Of FIFO queues: groups of which something is in flight.
            let busy = Set(queue.messages.filter { $0.visible > now }.compactMap(\.group))
            for index in queue.messages.indices where queue.messages[index].visible <= now && found.count < count {
                if let group = queue.messages[index].group, busy.contains(group) { continue }
                queue.messages[index].receives += 1
                queue.messages[index].handle = "\(queue.messages[index].id)-\(queue.messages[index].receives)"
                queue.messages[index].visible = now.advanced(by: .seconds(Int64(queue.visibility)))
                found.append(Self.wire(queue.messages[index]))
            }
        }
        return found
    }

    static func wire(_ message: Message) -> WireValue {
        var attributes: [String: WireValue] = [
            "ApproximateReceiveCount": .string(String(message.receives)), "SentTimestamp": "1", "SenderId": "AIDA",
            "ApproximateFirstReceiveTimestamp": "2",
        ]
        if let group = message.group { attributes["MessageGroupId"] = .string(group) }
        if let trace = message.trace { attributes["AWSTraceHeader"] = .string(trace) }
        return .structure([
            "MessageId": .string(message.id), "ReceiptHandle": .string(message.handle ?? ""),
            "Body": .string(message.body), "MD5OfBody": "d", "Attributes": .map(attributes),
            "MessageAttributes": .map(message.attributes),
        ])
    }

    private func waitForChange(until end: Timestamp, after version: Int) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.waitForRing(after: version) }
            group.addTask { try? await self.time.sleep(until: end) }
            await group.next()
            group.cancelAll()
        }
    }

    private func waitForRing(after version: Int) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard !Task.isCancelled, state.version == version else { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }

    private func ring() {
        let waiters = state.withLock { state in
            state.version += 1
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }
}

import Execution

/// Messages that a function is invoked with together, and the event that holds them.
struct QueueBatch: Sendable {
    /// What has to be known of a message when the function has answered.
    struct Entry: Sendable, Hashable {
        var id: String
        var receiptHandle: String
        /// Of FIFO queues.
        var group: String?
    }

    private(set) var entries: [Entry] = []
    /// The X-Ray header that the function is invoked with.
    private(set) var traceHeader: String?
    private var lineage = InvocationLineage(header: nil)
    private var bytes = Array("{\"Records\":[".utf8)

    /// In bytes; the event is as long when it has its end.
    var size: Int { bytes.count + 2 }

    mutating func reserve(_ capacity: Int) { bytes.reserveCapacity(capacity) }

    /// The event; the batch has none afterwards.
    mutating func takeEvent() -> [UInt8] {
        var event: [UInt8] = []
        swap(&event, &bytes)
        event += "]}".utf8
        return event
    }

    /// Adds a message; of a batch that has some already only if the event doesn't become longer than `limit`.
    /// - Returns: whether it was added.
    mutating func add(_ message: QueueMessage, _ writer: QueueRecordWriter, limit: Int) -> Bool {
        let count = bytes.count
        if !entries.isEmpty { bytes.append(UInt8(ascii: ",")) }
        writer.append(message, to: &bytes)
        if !entries.isEmpty, size > limit {
            bytes.removeSubrange(count...)
            return false
        }
        note(message.traceHeader)
        entries.append(Entry(id: message.id, receiptHandle: message.receiptHandle, group: message.group))
        return true
    }

    /// An invocation has one trace. A loop of invocations has to be found whichever message it comes by, so that the longest lineage
    /// counts; without any, messages of several traces begin a new one.
    private mutating func note(_ header: String?) {
        if let header, header.contains("Lineage=") {
            let found = InvocationLineage(header: header)
            if lineage.longest < found.longest { (lineage, traceHeader) = (found, header) }
        } else if entries.isEmpty {
            traceHeader = header
        } else if lineage.longest == 0, traceHeader != header {
            traceHeader = nil
        }
    }
}

/// Cuts messages into batches, in their order. A pure value.
struct QueueBatches: Sendable {
    let writer: QueueRecordWriter
    /// The most messages that a batch has.
    var size: Int
    /// The most bytes that an event has, unless one message alone has more.
    var limit = LambdaLimits.synchronousPayload
    private var complete: [QueueBatch] = []
    private var open = QueueBatch()

    init(_ writer: QueueRecordWriter, size: Int) {
        self.writer = writer
        self.size = size
    }

    /// Whether nothing is gathered.
    var isEmpty: Bool { complete.isEmpty && open.entries.isEmpty }

    /// Whether a batch is complete.
    var hasBatch: Bool { !complete.isEmpty }

    /// How many more messages the batch takes.
    var room: Int { hasBatch ? 0 : size - open.entries.count }

    mutating func reserve(for messages: [QueueMessage]) {
        if open.entries.isEmpty { open.reserve(messages.reduce(32) { $0 + writer.size($1) }) }
    }

    mutating func add(_ message: QueueMessage) {
        if !open.add(message, writer, limit: limit) {
            close()
            _ = open.add(message, writer, limit: limit)
        }
        if open.entries.count >= size { close() }
    }

    /// All batches, the last of which may be small.
    mutating func take() -> [QueueBatch] {
        if !open.entries.isEmpty { close() }
        defer { complete = [] }
        return complete
    }

    private mutating func close() {
        complete.append(open)
        open = QueueBatch()
    }
}

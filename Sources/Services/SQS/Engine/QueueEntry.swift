/// What the engine knows of one message.
struct QueueEntry: Sendable {
    /// The message's place in its queue. Never used again.
    var sequence: Int64
    /// Milliseconds since 1970.
    var sent: Int64
    /// How often it was received.
    var receives: Int32 = 0
    /// Milliseconds since 1970; 0: it was not received yet.
    var firstReceived: Int64 = 0
    /// Of the last receipt since this process began; 0: there was none.
    var token: UInt64 = 0
    /// Kept beside the content, which is not in memory if it is large.
    var group: String?
    /// Nil: it has to be read when it is needed.
    var content: MessageContent?

    /// Bytes of content that are held in memory.
    var held: Int { content?.size ?? 0 }
}

/// The rules of a queue that the engine goes by. Times are in milliseconds.
struct QueueRules: Sendable, Hashable {
    var isFIFO = false
    var retention: Int64
    /// Of FIFO queues, where it counts for messages that are there already.
    var delay: Int64 = 0
    /// A message that was received this often goes to the dead-letter queue.
    var maxReceives: Int?

    init(isFIFO: Bool = false, retention: Int64, delay: Int64 = 0, maxReceives: Int? = nil) {
        self.isFIFO = isFIFO
        self.retention = retention
        self.delay = delay
        self.maxReceives = maxReceives
    }

    init(_ settings: QueueSettings) {
        self.init(
            isFIFO: settings.isFIFO, retention: settings.retentionTime,
            delay: settings.isFIFO ? Int64(settings.delay) * 1000 : 0, maxReceives: settings.redrive?.maxReceiveCount)
    }
}

/// A time at which something happens to a message.
struct QueueAlarm: Comparable, Sendable {
    var due: Int64
    var sequence: Int64

    static func < (a: QueueAlarm, b: QueueAlarm) -> Bool { (a.due, a.sequence) < (b.due, b.sequence) }
}

/// Where the messages of queues are, and who has received them: of a process alone, or of several that share a database.
protocol MessageStore: Sendable {
    /// Returns when the messages are stored.
    /// - Returns: for each what became of it.
    func send(_ messages: [NewMessage], to queue: QueueRecord) async throws -> [StoredMessage]
    /// Receives messages, waiting for the first one as long as the request says.
    func receive(_ request: ReceiveRequest, from queue: QueueRecord) async throws -> [ReceivedMessage]
    /// Returns when the messages are deleted.
    /// - Returns: for each receipt what became of it.
    func delete(_ receipts: [ReceiptHandle], of queue: QueueRecord) async throws -> [QueueEngine.Deletion]
    /// `visibility`: milliseconds from now.
    func changeVisibility(_ receipt: ReceiptHandle, to visibility: Int64, of queue: QueueRecord) async throws
        -> QueueEngine.Change
    func counts(_ queue: QueueRecord) async throws -> QueueCounts
    /// Deletes all messages of a queue.
    func purge(_ queue: QueueRecord) async throws
    /// Moves a message that was received to another queue, where it is as if it had just been sent.
    /// - Returns: whether it was still there.
    func redrive(_ message: ReceivedMessage, from source: QueueRecord, to target: QueueRecord) async throws -> Bool
    /// The sequence of the last message that was sent, and how many messages there are.
    func extent(_ queue: QueueRecord) async throws -> (last: Int64, count: Int)
    /// The settings of a queue were changed.
    func changed(_ queue: QueueRecord) async
    /// A queue was deleted: whoever waits for its messages gets none.
    func closed(_ queue: QueueRecord) async
    /// Deletes what is too old, and what is left of deleted queues.
    func clean(_ queues: [QueueRecord]) async throws
    /// Removes some of the messages of a deleted queue.
    /// - Returns: whether none is left.
    func remove(queue: Int64) async throws -> Bool
    /// Whoever waits for messages gets none, from now on at once: the process is about to end.
    func endWaiting()
    /// Forgets everything, as the database has.
    func reset()
}

/// Where a message is to be moved, by the ARN of the queue that it was in before it came to a dead-letter queue.
typealias MoveChoice = @Sendable (_ source: String?) async throws -> QueueRecord

/// What a receiver asks for.
struct ReceiveRequest: Sendable {
    var maximum: Int
    /// Milliseconds.
    var visibility: Int64
    /// How long to wait for the first message, in real time.
    var wait: Duration
    /// Of FIFO queues: by which an attempt can be repeated.
    var attempt: String?
    /// Where messages go that were received too often.
    var deadLetterQueue: QueueRecord?
}

/// A message that was received.
struct ReceivedMessage: Sendable {
    var content: MessageContent
    var sequence: Int64
    /// Milliseconds since 1970.
    var sent: Int64
    var receives: Int32
    var firstReceived: Int64
    var token: UInt64
}

/// AWS's limits.
/// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html>.
enum SQSLimits {
    /// Bytes of a message with its attributes, and of all messages of a batch.
    static let messageSize = 1_048_576
    static let batchEntries = 10
    static let messageAttributes = 10
    /// Messages of one queue that are received and not deleted.
    static let inFlight = 120_000
    /// How many messages of a FIFO queue are looked through for a group that is free.
    static let fifoWindow = 120_000
    /// Seconds.
    static let visibility = 0...43_200
    static let delay = 0...900
    static let wait = 0...20
    /// In milliseconds: how long a deduplication id counts, and an attempt to receive.
    static let deduplication: Int64 = 300_000
    /// In milliseconds: between two purges, and between the deletion of a queue and a new one with its name.
    static let pause: Int64 = 60_000
}

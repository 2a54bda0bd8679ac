/// Limits of CloudWatch Logs ("CloudWatch Logs quotas" and the API reference).
enum LogLimits {
    /// What AWS adds to the length of each event's message.
    static let overheadPerEvent = 26
    /// The longest batch of PutLogEvents, overhead included.
    static let batchBytes = 1_048_576
    static let batchEvents = 10_000
    /// The most events and bytes of one page.
    static let pageEvents = 10_000
    static let pageBytes = 1_048_576
    /// The longest message that still fits into a batch.
    static let messageBytes = batchBytes - overheadPerEvent
    static let day: Int64 = 86_400_000
    static let oldest = 14 * day
    static let newest: Int64 = 2 * 3_600_000
    static let batchSpan = day
}

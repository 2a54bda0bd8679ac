/// How a mapping reads its source and calls its function. The database keeps it as JSON.
/// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
struct MappingSettings: Sendable, Hashable, Codable {
    struct Access: Sendable, Hashable, Codable {
        /// Such as `BASIC_AUTH`.
        var type: String
        var uri: String
    }

    /// What is read of a document database.
    struct Documents: Sendable, Hashable, Codable {
        var database: String
        var collection: String?
        /// `UpdateLookup` or `Default`.
        var fullDocument: String?
    }

    struct Pollers: Sendable, Hashable, Codable {
        var minimum: Int?
        var maximum: Int?
        var group: String?
    }

    /// In records.
    var batchSize: Int
    /// In seconds; nil: half a second, of sources that have this default.
    var batchingWindow: Int?
    /// Event patterns; an event is taken if one matches, or there is none.
    var filters: [String] = []
    /// Empty, or `ReportBatchItemFailures`.
    var responseTypes: [String] = []

    // Streams.
    /// `TRIM_HORIZON`, `LATEST` or `AT_TIMESTAMP`.
    var startingPosition: String?
    /// In milliseconds since 1970.
    var startingTimestamp: Int64?
    var parallelization = 1
    var failureDestination: String?
    /// In seconds; -1: no limit.
    var maximumRecordAge = -1
    var bisectsBatches = false
    /// -1: no limit.
    var maximumRetries = -1
    /// In seconds; 0: none.
    var tumblingWindow = 0

    // Queues.
    /// How many invocations run at once; nil: no limit of the mapping's own.
    var maximumConcurrency: Int?

    // Brokers.
    var topics: [String] = []
    var queues: [String] = []
    var access: [Access] = []
    var consumerGroup: String?
    var documents: Documents?

    var kmsKey: String?
    var metrics: [String]?
    /// Of Kafka: `DEBUG`, `INFO`, `WARN`.
    var logLevel: String?
    var pollers: Pollers?
}

public import ServiceModel

/// Where a log stream is.
public struct LogStreamAddress: Sendable, Hashable {
    public var account: String
    public var region: String
    public var group: String
    public var stream: String

    public init(account: String, region: String, group: String, stream: String) {
        self.account = account
        self.region = region
        self.group = group
        self.stream = stream
    }
}

/// One event of a log.
public struct LogEvent: Sendable, Hashable {
    public var timestamp: Timestamp
    public var message: String

    public init(timestamp: Timestamp, message: String) {
        self.timestamp = timestamp
        self.message = message
    }
}

/// Takes log lines from other services, such as what a function prints. Group and stream are made when first needed.
public protocol LogSink: Sendable {
    func writer(_ address: LogStreamAddress) -> any LogWriter
}

/// Appends to one stream. Events are on disk within a second.
public protocol LogWriter: Sendable {
    /// Takes the events, in order. Suspends while this writer's buffer is full: back-pressure for one stream alone.
    func append(_ events: [LogEvent]) async
    /// Takes the events at once if there is room, for callers that may not suspend.
    /// - Returns: false if the buffer is full and nothing was taken.
    func offer(_ events: [LogEvent]) -> Bool
    /// No more events will follow; what was taken is still written.
    func close()
}

/// How an invocation ended, as CloudWatch's metrics distinguish it.
public enum InvocationOutcome: String, Sendable, Codable {
    case success
    /// The handler failed, or its environment.
    case error
    /// An error too.
    case timeout
}

/// What was seen of the invocations of a function, or of one of its environments.
public struct InvocationStatistics: Sendable, Hashable {
    public var invocations: Int { duration.count }
    /// Time-outs too.
    public private(set) var errors = 0
    public private(set) var timeouts = 0
    /// Invocations for which an environment had to be started, whether that succeeded or not.
    public private(set) var coldStarts = 0
    /// Those that a limit refused. They are no invocations.
    public private(set) var throttles = 0
    /// From an event's delivery to the answer.
    public private(set) var duration = DurationHistogram()
    /// Of initialisations that succeeded.
    public private(set) var initialization = DurationHistogram()
    /// The most that any environment held, in bytes.
    public private(set) var peakMemory: Int64 = 0

    public init() {}

    public mutating func ended(_ outcome: InvocationOutcome, milliseconds: Double) {
        if outcome != .success { errors += 1 }
        if outcome == .timeout { timeouts += 1 }
        duration.record(milliseconds: milliseconds)
    }

    public mutating func startedCold() { coldStarts += 1 }

    public mutating func throttled() { throttles += 1 }

    public mutating func initialized(milliseconds: Double) { initialization.record(milliseconds: milliseconds) }

    public mutating func held(_ bytes: Int64) { peakMemory = max(peakMemory, bytes) }

    public func merging(_ other: InvocationStatistics) -> InvocationStatistics {
        var both = self
        both.merge(other)
        return both
    }

    public mutating func merge(_ other: InvocationStatistics) {
        errors += other.errors
        timeouts += other.timeouts
        coldStarts += other.coldStarts
        throttles += other.throttles
        duration.merge(other.duration)
        initialization.merge(other.initialization)
        peakMemory = max(peakMemory, other.peakMemory)
    }
}

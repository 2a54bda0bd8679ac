public import ServiceKit
public import ServiceModel

/// What is counted of a source's asynchronous invocations.
public struct AsyncStatistics: Sendable, Hashable {
    /// Events that were put into the queue.
    public var received = 0
    /// Events that were given up.
    public var dropped = 0
    /// Events that a dead-letter queue or topic did not take.
    public var deadLetterErrors = 0
    /// Records that a destination did not take.
    public var deliveryFailures = 0
    /// Milliseconds from when an event was received until the function was run with it.
    public var age = MetricValues()

    public init() {}
}

extension MetricRecorder {
    /// Adds what was seen of a source's asynchronous invocations.
    public mutating func add(_ seen: AsyncStatistics, of source: InvocationSource, at now: Timestamp) {
        let counts = [
            ("AsyncEventsReceived", seen.received), ("AsyncEventsDropped", seen.dropped),
            ("DeadLetterErrors", seen.deadLetterErrors), ("DestinationDeliveryFailures", seen.deliveryFailures),
        ]
        for dimensions in Self.dimensions(source) {
            for (name, count) in counts where count > 0 {
                var ones = MetricValues()
                ones.add(1, count: count)
                add(name, source.function, dimensions, ones, at: now)
            }
            add("AsyncEventAge", source.function, dimensions, seen.age, at: now)
        }
    }
}

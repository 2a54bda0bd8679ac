import ServiceKit
public import ServiceModel

/// What is counted of the events of an event source mapping.
public struct MappingStatistics: Sendable, Hashable {
    /// Events that were read from the source.
    public var polled = 0
    /// Events that the mapping's filters left out.
    public var filteredOut = 0
    /// Events that the function was run with.
    public var invoked = 0
    /// Events that the function could not be run with, or failed with.
    public var failedInvoke = 0
    /// Events that were given up.
    public var dropped = 0
    /// Of queues: events that were deleted after the function had run with them.
    public var deleted = 0

    public init() {}
}

extension MetricRecorder {
    /// Adds what was seen of a mapping's events.
    public mutating func add(
        _ seen: MappingStatistics, ofMapping uuid: String, account: String, region: String, at now: Timestamp
    ) {
        let name = FunctionName(account: account, region: region, name: "")
        for (metric, count) in [
            ("PolledEventCount", seen.polled), ("FilteredOutEventCount", seen.filteredOut),
            ("InvokedEventCount", seen.invoked), ("FailedInvokeEventCount", seen.failedInvoke),
            ("DroppedEventCount", seen.dropped), ("DeletedEventCount", seen.deleted),
        ] where count > 0 {
            add(metric, name, [MetricDimension("EventSourceMappingUUID", uuid)], MetricValues(Double(count)), at: now)
        }
    }
}

/// The events that wait for one subscriber. Bounded: what does not fit while a delivery is on its way is dropped and counted.
public struct TelemetryBuffer: Sendable {
    private let limits: TelemetrySubscription.Buffering
    private var events: [String] = []
    private var bytes = 0
    private var droppedRecords = 0
    private var droppedBytes = 0

    public init(_ limits: TelemetrySubscription.Buffering) { self.limits = limits }

    public var isEmpty: Bool { events.isEmpty && droppedRecords == 0 }

    /// Whether it is to be delivered without waiting for its timeout.
    public var isFull: Bool { events.count >= limits.maxItems || bytes >= limits.maxBytes }

    /// Takes an event, unless there is no room left.
    public mutating func add(_ event: String) {
        guard !isFull else {
            droppedRecords += 1
            droppedBytes += event.utf8.count
            return
        }
        events.append(event)
        bytes += event.utf8.count
    }

    /// Gives back everything, to be delivered. `dropped` writes the event that tells of what was dropped.
    public mutating func take(dropped: (_ records: Int, _ bytes: Int) -> String) -> [String] {
        var batch = events
        if droppedRecords > 0 { batch.append(dropped(droppedRecords, droppedBytes)) }
        events.removeAll(keepingCapacity: true)
        (bytes, droppedRecords, droppedBytes) = (0, 0, 0)
        return batch
    }
}

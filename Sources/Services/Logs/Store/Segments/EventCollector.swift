/// Keeps the first events of a range, in its direction, as long as they fit into a page. Its memory is bounded by twice the page.
struct EventCollector {
    private var events: [StoredEvent] = []
    private var bytes = 0
    private let limit: Int
    private let isForward: Bool
    /// Events were left out because they did not fit.
    private(set) var isCut = false
    /// The furthest event that is kept, so far.
    private var furthest: Int64?

    init(limit: Int, isForward: Bool) {
        self.limit = limit
        self.isForward = isForward
    }

    mutating func add(_ event: StoredEvent) {
        events.append(event)
        bytes += event.message.utf8.count + LogLimits.overheadPerEvent
        let key = isForward ? event.position.timestamp : -event.position.timestamp
        furthest = max(furthest ?? .min, key)
        if events.count > 2 * limit + 64 || bytes > 3 * LogLimits.pageBytes { trim() }
    }

    /// Whether nothing at `key` or behind it can come into the page.
    func isComplete(before key: Int64) -> Bool {
        guard let furthest, events.count >= limit || bytes > LogLimits.pageBytes else { return false }
        return key > furthest
    }

    /// The page, in the order of its direction.
    mutating func finish() -> [StoredEvent] {
        trim()
        return events
    }

    /// Leaves out what lies at or behind `timestamp`.
    mutating func keep(before timestamp: Int64) {
        events.removeAll { $0.position.timestamp >= timestamp }
        bytes = events.reduce(0) { $0 + $1.message.utf8.count + LogLimits.overheadPerEvent }
    }

    private mutating func trim() {
        events.sort { isForward ? $0.position < $1.position : $1.position < $0.position }
        var count = 0
        var total = 0
        for event in events {
            let size = event.message.utf8.count + LogLimits.overheadPerEvent
            if count == limit || (count > 0 && total + size > LogLimits.pageBytes) { break }
            count += 1
            total += size
        }
        if count < events.count {
            events.removeSubrange(count...)
            isCut = true
        }
        bytes = total
        furthest = events.last.map { isForward ? $0.position.timestamp : -$0.position.timestamp }
    }
}

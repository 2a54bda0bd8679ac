import HeapModule
import ServiceModel

/// Lanes by the time at which they are due next. A pure value: a heap with entries that may be out of date.
struct Agenda: Sendable {
    private struct Entry: Comparable {
        var due: Timestamp
        var order: UInt64
        var lane: JobLane

        static func < (a: Entry, b: Entry) -> Bool { (a.due, a.order) < (b.due, b.order) }
        static func == (a: Entry, b: Entry) -> Bool { a.order == b.order }
    }

    private var heap = Heap<Entry>()
    private var current: [JobLane: Timestamp] = [:]
    private var order: UInt64 = 0

    /// When the first lane is due.
    var first: Timestamp? {
        mutating get {
            while let entry = heap.min {
                if current[entry.lane] == entry.due { return entry.due }
                heap.removeMin()
            }
            return nil
        }
    }

    /// Says when a lane is due; nil: never.
    mutating func set(_ lane: JobLane, _ due: Timestamp?) {
        guard current[lane] != due else { return }
        current[lane] = due
        guard let due else { return }
        order += 1
        heap.insert(Entry(due: due, order: order, lane: lane))
    }

    /// Takes the lanes that are due, in order.
    mutating func takeDue(at now: Timestamp) -> [JobLane] {
        var lanes: [JobLane] = []
        while let due = first, due <= now, let entry = heap.popMin() {
            current[entry.lane] = nil
            lanes.append(entry.lane)
        }
        return lanes
    }
}

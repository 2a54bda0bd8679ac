import ServiceKit
import Synchronization

/// The index of the segments whose rows are not in the database yet: the one that is appended to, and those being sealed.
struct SegmentIndex: Sendable {
    struct Unsealed: Sendable {
        var bytes = 0
        var lastSequence: Int64 = 0
        var runs: [Int64: StreamRun] = [:]
    }

    /// By segment, in the order in which they were begun.
    private(set) var unsealed: [Int64: Unsealed] = [:]
    /// What is known about the streams in them.
    private(set) var streams: [Int64: StreamIdentity] = [:]
    /// Streams whose times in the database are behind.
    private(set) var stale: Set<Int64> = []
    /// Streams and groups that have been deleted: batches that were under way when it happened are dropped.
    private var deleted: Set<Int64> = []

    mutating func add(_ frames: [AppendedFrame], segment: Int64, bytes: Int) {
        var entry = unsealed[segment] ?? Unsealed()
        entry.bytes = bytes
        for frame in frames {
            entry.lastSequence = max(entry.lastSequence, frame.header.firstSequence + Int64(frame.header.count) - 1)
            if deleted.contains(frame.stream.id) || deleted.contains(frame.stream.group) { continue }
            entry.runs[frame.stream.id, default: StreamRun(stream: frame.stream.id)]
                .add(frame.reference, frame.header, messageBytes: frame.messageBytes)
            streams[frame.stream.id] = frame.stream
            stale.insert(frame.stream.id)
        }
        unsealed[segment] = entry
    }

    mutating func remove(segment: Int64) {
        unsealed[segment] = nil
        if unsealed.isEmpty {
            streams = [:]
        } else {
            streams = streams.filter { id, _ in stale.contains(id) || unsealed.values.contains { $0.runs[id] != nil } }
        }
    }

    mutating func delete(stream: Int64) {
        if deleted.count > 100_000 { deleted = [] }
        deleted.insert(stream)
        for segment in unsealed.keys { unsealed[segment]?.runs[stream] = nil }
        streams[stream] = nil
        stale.remove(stream)
    }

    mutating func delete(group: Int64) {
        for (id, stream) in streams where stream.group == group { delete(stream: id) }
        deleted.insert(group)
    }

    /// The frames in `scope` that can hold events of the range.
    func frames(_ scope: ReadScope, from lower: EventPosition, to upper: EventPosition) -> [FrameReference] {
        var result: [FrameReference] = []
        for segment in unsealed.values {
            let runs: [StreamRun] =
                switch scope {
                case .stream(let id): segment.runs[id].map { [$0] } ?? []
                case .streams(let ids): ids.compactMap { segment.runs[$0] }
                case .group(let group): segment.runs.values.filter { streams[$0.stream]?.group == group }
                case .prefix(let group, let prefix):
                    segment.runs.values.filter {
                        guard let stream = streams[$0.stream], stream.group == group else { return false }
                        return stream.address.stream.utf8.starts(with: prefix.utf8)
                    }
                }
            for run in runs where run.latest >= lower.timestamp && run.earliest <= upper.timestamp {
                result += run.frames.filter { $0.latest >= lower.timestamp && $0.earliest <= upper.timestamp }
            }
        }
        return result
    }

    /// The stored bytes of each group that are not in the database yet.
    func storedBytes(_ group: Int64) -> Int {
        unsealed.values.reduce(0) { sum, segment in
            sum + segment.runs.values.reduce(0) { streams[$1.stream]?.group == group ? $0 + $1.bytes : $0 }
        }
    }

    /// Takes the times of streams that the database does not know yet.
    mutating func takeStale() -> [Int64: (first: Int64, last: Int64, ingestion: Int64)] {
        var result: [Int64: (first: Int64, last: Int64, ingestion: Int64)] = [:]
        for id in stale {
            for segment in unsealed.values {
                guard let run = segment.runs[id] else { continue }
                let known = result[id] ?? (.max, .min, .min)
                result[id] = (
                    min(known.first, run.earliest), max(known.last, run.latest), max(known.ingestion, run.lastIngestion)
                )
            }
        }
        stale = []
        return result
    }

    mutating func markStale(_ ids: some Sequence<Int64>) { stale.formUnion(ids) }
}

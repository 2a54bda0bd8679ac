import Dispatch
import Logging
import Persistence
import Synchronization

/// What to read.
struct ReadRequest: Sendable {
    var scope: ReadScope
    /// The range, its end excluded.
    var lower: EventPosition
    var upper: EventPosition
    var isForward: Bool
    var limit: Int
    var pattern = FilterPattern.all
    /// Whether the read may stop early when it has looked at much and found little.
    var isBounded = false
}

struct ReadPage: Sendable {
    /// From the earliest to the latest.
    var events: [StoredEvent] = []
    /// Where to go on, if there may be more in the range.
    var rest: EventPosition?
}

/// The next page of rows to ask for.
private struct RunCursor {
    var key: Int64
    var segment: Int64
    var stream: Int64
}

/// A frame in the order of the read's direction.
private struct Candidate: Comparable {
    var key: Int64
    var frame: FrameReference

    static func < (a: Candidate, b: Candidate) -> Bool {
        (a.key, a.frame.segment, a.frame.offset) < (b.key, b.frame.segment, b.frame.offset)
    }
}

extension SegmentStore {
    private static var rowsPerQuery: Int { 256 }

    /// Reads one page of events.
    func read(_ request: ReadRequest) async throws -> ReadPage {
        try await open()
        if request.lower >= request.upper || request.limit < 1 { return ReadPage() }
        var attempts = 0
        while true {
            let before = layout.load(ordering: .acquiring)
            do {
                let page = try await readOnce(request)
                if layout.load(ordering: .acquiring) == before { return page }
            } catch let missing as SegmentFiles.Missing {
                // Merged away under the reader's feet; if it stays away, the file is lost.
                if attempts >= 8 { throw DatabaseError.failed("Segment \(missing.segment) of the logs is missing.") }
            }
            attempts += 1
            if attempts > 16 { throw DatabaseError.failed("The logs are being reorganised; try again.") }
        }
    }

    private func readOnce(_ request: ReadRequest) async throws -> ReadPage {
        let started = ContinuousClock.now
        let forward = request.isForward
        // Memory before the database: what is sealed between the two is seen twice rather than not at all, and left out by segment.
        let (fresh, unsealed) = index.withLock { index in
            (index.frames(request.scope, from: request.lower, to: request.upper), Set(index.unsealed.keys))
        }
        var frontier = BinaryHeap(fresh.map { Candidate(key: forward ? $0.earliest : -$0.latest, frame: $0) })
        var collector = EventCollector(limit: request.limit, isForward: forward)
        var cursor: RunCursor?
        var isExhausted = false
        var isComplete = false
        var scanned = 0
        var batch = 4
        while true {
            while !isExhausted, frontier.min.map({ next in cursor.map { next.key >= $0.key } ?? true }) ?? true {
                let rows = try await runs(request, after: cursor)
                for (run, frames) in rows {
                    cursor = run
                    if unsealed.contains(run.segment) { continue }
                    for frame in frames
                    where frame.latest >= request.lower.timestamp && frame.earliest <= request.upper.timestamp {
                        frontier.insert(Candidate(key: forward ? frame.earliest : -frame.latest, frame: frame))
                    }
                }
                isExhausted = rows.count < Self.rowsPerQuery
            }
            guard let first = frontier.min else { break }
            if collector.isComplete(before: first.key) { break }
            if request.isBounded,
                scanned > configuration.scanBytes || started.duration(to: .now) > configuration.scanTime,
                first.key > request.lower.timestamp
            {
                collector.keep(before: first.key)
                let events = collector.finish()
                if collector.isCut, let last = events.last { return ReadPage(events: events, rest: last.position.next) }
                return ReadPage(events: events, rest: EventPosition(timestamp: first.key, sequence: 0))
            }
            var taken: [Candidate] = []
            while taken.count < batch, let next = frontier.min,
                isExhausted || cursor.map({ next.key < $0.key }) ?? false
            {
                if let next = frontier.removeMin() { taken.append(next) }
            }
            batch = min(batch * 2, 128)
            let result = try await process(taken, request, collector)
            collector = result.collector
            scanned += result.scanned
            isComplete = result.isComplete
            if isComplete { break }
        }
        let events = collector.finish()
        let more = isComplete || collector.isCut || !frontier.isEmpty || !isExhausted
        guard let last = events.last, more else { return ReadPage(events: forward ? events : events.reversed()) }
        return ReadPage(
            events: forward ? events : events.reversed(), rest: forward ? last.position.next : last.position)
    }

    private struct Progress: Sendable {
        var collector: EventCollector
        var scanned = 0
        /// The page was full before the last of the frames.
        var isComplete = false
    }

    /// Reads frames, off the cooperative pool, and adds what belongs to the page.
    private func process(_ candidates: [Candidate], _ request: ReadRequest, _ collector: EventCollector) async throws
        -> Progress
    {
        try await withCheckedThrowingContinuation { continuation in
            readers.async { [self] in
                continuation.resume(
                    with: Result {
                        var progress = Progress(collector: collector)
                        for candidate in candidates {
                            if progress.collector.isComplete(before: candidate.key) {
                                progress.isComplete = true
                                break
                            }
                            try collect(candidate.frame, request, &progress.collector)
                            progress.scanned += candidate.frame.length
                        }
                        return progress
                    })
            }
        }
    }

    private func collect(_ frame: FrameReference, _ request: ReadRequest, _ collector: inout EventCollector) throws {
        let bytes = try files.read(frame.segment, offset: frame.offset, length: frame.length)
        bytes.withUnsafeBytes { bytes in
            guard let length = Frame.length(in: bytes, at: 0), let header = Frame.header(in: bytes, at: 0),
                header.stream == frame.stream
            else {
                logger.error(
                    "A frame of the logs is damaged, and left out.",
                    metadata: ["segment": "\(frame.segment)", "offset": "\(frame.offset)"])
                return
            }
            Frame.forEach(in: bytes, at: 0, length: length, header) { timestamp, sequence, message in
                let position = EventPosition(timestamp: timestamp, sequence: sequence)
                if position < request.lower || position >= request.upper { return }
                let message = String(decoding: message, as: UTF8.self)
                if !request.pattern.matches(message) { return }
                collector.add(
                    StoredEvent(
                        stream: header.stream, position: position, ingestion: header.ingestion, message: message))
            }
        }
    }

    /// One page of rows, in the order of the read's direction.
    private func runs(_ request: ReadRequest, after cursor: RunCursor?) async throws -> [(RunCursor, [FrameReference])]
    {
        var conditions: [String] = []
        var parameters: [SQLValue] = []
        switch request.scope {
        case .stream(let id):
            conditions.append("stream_id = ?")
            parameters.append(.integer(id))
        case .streams(let ids):
            conditions.append("stream_id IN (\(ids.map { _ in "?" }.joined(separator: ", ")))")
            parameters += ids.map { .integer($0) }
            if ids.isEmpty { return [] }
        case .group(let id):
            conditions.append("group_id = ?")
            parameters.append(.integer(id))
        case .prefix(let id, let prefix):
            conditions.append("group_id = ?")
            conditions.append(
                "stream_id IN (SELECT id FROM logs_stream WHERE group_id = ? AND substr(name, 1, CAST(? AS INTEGER)) = ?)"
            )
            parameters += [.integer(id), .integer(id), SQLValue(prefix.unicodeScalars.count), .text(prefix)]
        }
        conditions.append("latest >= ? AND earliest <= ?")
        parameters += [.integer(request.lower.timestamp), .integer(request.upper.timestamp)]
        let order =
            request.isForward ? "earliest, segment_id, stream_id" : "latest DESC, segment_id DESC, stream_id DESC"
        if let cursor {
            let key = request.isForward ? cursor.key : -cursor.key
            conditions.append(
                request.isForward
                    ? "(earliest, segment_id, stream_id) > (?, ?, ?)" : "(latest, segment_id, stream_id) < (?, ?, ?)")
            parameters += [.integer(key), .integer(cursor.segment), .integer(cursor.stream)]
        }
        let sql = """
            SELECT stream_id, segment_id, earliest, latest, frames FROM logs_run
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(order) LIMIT \(Self.rowsPerQuery)
            """
        let values = parameters
        let rows = try await database.read { try $0.query(sql, values) }
        return rows.compactMap { row in
            guard let stream = row.integer(0), let segment = row.integer(1), let earliest = row.integer(2),
                let latest = row.integer(3),
                let frames = row.blob(4)
            else { return nil }
            let cursor = RunCursor(key: request.isForward ? earliest : -latest, segment: segment, stream: stream)
            return (cursor, StreamRun.decodeFrames(frames, stream: stream, segment: segment, earliest: earliest))
        }
    }
}

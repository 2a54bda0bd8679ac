import Foundation
import Logging
import Persistence
import ServiceKit
import ServiceModel
import Synchronization

extension SegmentStore {
    /// Streams whose rows are written in one transaction.
    private static var runsPerTransaction: Int { 500 }

    /// Writes the rows of every segment that gets no more frames.
    func seal() async throws {
        try await sealing.withExclusive {
            for segment in closedSegments.withLock({ $0.sorted() }) {
                guard let entry = index.withLock({ $0.unsealed[segment] }) else {
                    // Nothing was ever written to it.
                    files.remove(segment)
                    closedSegments.withLock { _ = $0.remove(segment) }
                    continue
                }
                try await insertRows(of: segment, entry)
                index.withLock { $0.remove(segment: segment) }
                closedSegments.withLock { _ = $0.remove(segment) }
            }
        }
    }

    /// Inserts a segment's rows. Its own row comes last: without it, the next start does all of it again.
    func insertRows(of segment: Int64, _ entry: SegmentIndex.Unsealed) async throws {
        let runs = Array(entry.runs.values)
        for start in stride(from: 0, to: runs.count, by: Self.runsPerTransaction) {
            let part = Array(runs[start..<min(start + Self.runsPerTransaction, runs.count)])
            try await database.write { connection in
                let groups = try Self.groups(of: part.map(\.stream), connection)
                for run in part {
                    // A stream that has been deleted meanwhile gets no row.
                    guard let group = groups[run.stream] else { continue }
                    try Self.insert(run, group: group, segment, connection)
                    try Self.updateTimes(
                        of: run.stream, first: run.earliest, last: run.latest, ingestion: run.lastIngestion, connection)
                }
            }
        }
        let (bytes, lastSequence) = (entry.bytes, entry.lastSequence)
        try await database.write { connection in
            try Self.insertSegment(segment, bytes: bytes, lastSequence: lastSequence, connection)
            let groups = try connection.query(
                "SELECT group_id, CAST(SUM(bytes) AS BIGINT) FROM logs_run WHERE segment_id = ? GROUP BY group_id",
                [.integer(segment)])
            for row in groups {
                try connection.execute(
                    "UPDATE logs_group SET stored_bytes = stored_bytes + ? WHERE id = ?", [row[1], row[0]])
            }
        }
    }

    static func groups(of streams: [Int64], _ connection: any SQLConnection) throws -> [Int64: Int64] {
        var groups: [Int64: Int64] = [:]
        if streams.isEmpty { return groups }
        let rows = try connection.query(
            "SELECT id, group_id FROM logs_stream WHERE id IN (\(streams.map { _ in "?" }.joined(separator: ", ")))",
            streams.map { .integer($0) })
        for row in rows { if let id = row.integer(0), let group = row.integer(1) { groups[id] = group } }
        return groups
    }

    static func insert(_ run: StreamRun, group: Int64, _ segment: Int64, _ connection: any SQLConnection) throws {
        try connection.execute(
            """
            INSERT INTO logs_run (stream_id, segment_id, group_id, earliest, latest, events, bytes, disk_bytes, frames)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (stream_id, segment_id) DO NOTHING
            """,
            [
                .integer(run.stream), .integer(segment), .integer(group), .integer(run.earliest), .integer(run.latest),
                SQLValue(run.events), SQLValue(run.bytes), SQLValue(run.diskBytes), .blob(run.encodedFrames),
            ])
    }

    static func insertSegment(_ segment: Int64, bytes: Int, lastSequence: Int64, _ connection: any SQLConnection) throws
    {
        let live =
            try connection.first(
                "SELECT CAST(COALESCE(SUM(disk_bytes), 0) AS BIGINT) FROM logs_run WHERE segment_id = ?",
                [.integer(segment)])?
            .integer(0) ?? 0
        try connection.execute(
            "INSERT INTO logs_segment (id, bytes, live_bytes, last_sequence) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            [.integer(segment), SQLValue(bytes), .integer(live), .integer(lastSequence)])
    }

    static func updateTimes(
        of stream: Int64, first: Int64, last: Int64, ingestion: Int64, _ connection: any SQLConnection
    ) throws {
        try connection.execute(
            """
            UPDATE logs_stream SET
                first_event = CASE WHEN first_event IS NULL OR first_event > ? THEN ? ELSE first_event END,
                last_event = CASE WHEN last_event IS NULL OR last_event < ? THEN ? ELSE last_event END,
                last_ingestion = CASE WHEN last_ingestion IS NULL OR last_ingestion < ? THEN ? ELSE last_ingestion END
            WHERE id = ?
            """,
            [
                .integer(first), .integer(first), .integer(last), .integer(last), .integer(ingestion),
                .integer(ingestion),
                .integer(stream),
            ])
    }

    /// Brings the streams' times in the database up to date, so that streams can be listed by them.
    func publishTimes() async throws {
        try await open()
        let stale = index.withLock { $0.takeStale() }
        if stale.isEmpty { return }
        do {
            try await database.write { connection in
                for (stream, times) in stale {
                    try Self.updateTimes(
                        of: stream, first: times.first, last: times.last, ingestion: times.ingestion, connection)
                }
            }
        } catch {
            index.withLock { $0.markStale(stale.keys) }
            throw error
        }
    }

    // MARK: After a crash

    func recover() async throws {
        try files.makeFolder()
        let rows = try await database.read { try $0.query("SELECT id, last_sequence FROM logs_segment") }
        var known = Set(rows.compactMap { $0.integer(0) })
        let present = files.list()
        let lost = known.subtracting(present)
        if !lost.isEmpty {
            logger.error(
                "Segments of the logs are missing: their events are lost.", metadata: ["segments": "\(lost.sorted())"])
            try await forget(segments: Array(lost))
            known.subtract(lost)
        }
        var lastSequence = rows.compactMap { $0.integer(1) }.max() ?? 0
        for segment in present where !known.contains(segment) {
            guard segment & 1 == 0 else {
                files.remove(segment)
                continue
            }
            let entry = try scan(segment)
            lastSequence = max(lastSequence, entry.lastSequence)
            _ = try await database.write {
                try $0.execute("DELETE FROM logs_run WHERE segment_id = ?", [.integer(segment)])
            }
            if entry.bytes == 0 {
                files.remove(segment)
            } else {
                try await insertRows(of: segment, entry)
            }
        }
        let next = (max(present.last ?? 0, rows.compactMap { $0.integer(0) }.max() ?? 0) & ~1) + 2
        // Numbers that follow the clock stay unique even when all segments are gone.
        let now = max(0, min(time.now.milliseconds, Int64.max >> 22))
        writer.resume(nextSegment: next, nextSequence: max(lastSequence + 1, now << 20))
    }

    /// Reads a segment from its beginning to the first frame that is torn, and cuts it there.
    private func scan(_ segment: Int64) throws -> SegmentIndex.Unsealed {
        var entry = SegmentIndex.Unsealed()
        let size = try files.size(segment)
        let bytes = try files.read(segment, offset: 0, length: size)
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            while let length = Frame.length(in: bytes, at: offset), let header = Frame.header(in: bytes, at: offset) {
                let reference = FrameReference(
                    stream: header.stream, segment: segment, offset: offset, length: length, earliest: header.earliest,
                    latest: header.latest)
                var messageBytes = 0
                Frame.forEach(in: bytes, at: offset, length: length, header) { _, _, message in
                    messageBytes += message.count
                }
                entry.runs[header.stream, default: StreamRun(stream: header.stream)]
                    .add(reference, header, messageBytes: messageBytes)
                entry.lastSequence = max(entry.lastSequence, header.firstSequence + Int64(header.count) - 1)
                offset += length
            }
            entry.bytes = offset
        }
        if entry.bytes < size {
            logger.notice(
                "A segment of the logs ended in the middle of a write, and was cut there.",
                metadata: ["segment": "\(segment)", "bytes": "\(size - entry.bytes)"])
            if truncate(files.path(segment), off_t(entry.bytes)) != 0 {
                throw SegmentFiles.error(errno, "A segment of the logs can't be cut")
            }
        }
        return entry
    }

    private func forget(segments: [Int64]) async throws {
        try await database.write { connection in
            for segment in segments {
                try connection.execute("DELETE FROM logs_run WHERE segment_id = ?", [.integer(segment)])
                try connection.execute("DELETE FROM logs_segment WHERE id = ?", [.integer(segment)])
            }
        }
    }
}

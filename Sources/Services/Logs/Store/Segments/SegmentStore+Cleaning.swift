import Foundation
import Persistence
import ServiceKit
import ServiceModel
import Synchronization

extension SegmentStore {
    /// Lets go of events whose group's retention has passed, and of the segments that hold little else than dead events.
    func clean() async throws {
        try await open()
        try await expire()
        try await merge()
    }

    private func expire() async throws {
        let now = time.now.milliseconds
        let groups = try await database.read {
            try $0.query("SELECT id, retention FROM logs_group WHERE retention IS NOT NULL")
        }
        for row in groups {
            guard let group = row.integer(0), let days = row.integer(1) else { continue }
            let cutoff = now - days * LogLimits.day
            let dead = try await database.read {
                try $0.first(
                    "SELECT 1 FROM logs_run WHERE group_id = ? AND latest < ? LIMIT 1",
                    [.integer(group), .integer(cutoff)]) != nil
            }
            if dead {
                try await database.write {
                    try Self.deleteRuns("group_id = ? AND latest < ?", [.integer(group), .integer(cutoff)], $0)
                }
            }
        }
    }

    /// Deletes rows of the index, and what they counted.
    static func deleteRuns(_ condition: String, _ parameters: [SQLValue], _ connection: any SQLConnection) throws {
        let bySegment = try connection.query(
            "SELECT segment_id, CAST(SUM(disk_bytes) AS BIGINT) FROM logs_run WHERE \(condition) GROUP BY segment_id",
            parameters)
        let byGroup = try connection.query(
            "SELECT group_id, CAST(SUM(bytes) AS BIGINT) FROM logs_run WHERE \(condition) GROUP BY group_id", parameters
        )
        try connection.execute("DELETE FROM logs_run WHERE \(condition)", parameters)
        for row in bySegment {
            try connection.execute(
                "UPDATE logs_segment SET live_bytes = live_bytes - ? WHERE id = ?", [row[1], row[0]])
        }
        for row in byGroup {
            try connection.execute(
                "UPDATE logs_group SET stored_bytes = CASE WHEN stored_bytes > ? THEN stored_bytes - ? ELSE 0 END WHERE id = ?",
                [row[1], row[1], row[0]])
        }
    }

    /// Copies what is alive of thin segments into one new segment, and removes the old ones.
    private func merge() async throws {
        while true {
            let rows = try await database.read {
                try $0.query("SELECT id, bytes, live_bytes FROM logs_segment ORDER BY id")
            }
            var victims: [Int64] = []
            var small: [Int64] = []
            var total = 0
            for row in rows {
                guard let id = row.integer(0), let bytes = row.integer(1), let live = row.integer(2) else { continue }
                if live * 2 < bytes {
                    if total + Int(live) > configuration.segmentBytes, !victims.isEmpty { break }
                    victims.append(id)
                    total += Int(live)
                } else if bytes < configuration.smallBytes {
                    small.append(id)
                }
            }
            if victims.isEmpty, small.count >= configuration.mergeCount {
                victims = Array(small.prefix(configuration.mergeCount))
            }
            if victims.isEmpty { return }
            try await sealing.withExclusive { try await replace(victims) }
        }
    }

    private func replace(_ victims: [Int64]) async throws {
        let marks = victims.map { _ in "?" }.joined(separator: ", ")
        let parameters = victims.map { SQLValue.integer($0) }
        let rows = try await database.read {
            try $0.query(
                "SELECT stream_id, segment_id, earliest, frames FROM logs_run WHERE segment_id IN (\(marks))",
                parameters)
        }
        let target = writer.reserveMergedSegment()
        let entry = try await copy(rows, to: target)
        do {
            try await database.write { connection in
                try connection.execute("DELETE FROM logs_run WHERE segment_id IN (\(marks))", parameters)
                try connection.execute("DELETE FROM logs_segment WHERE id IN (\(marks))", parameters)
                guard entry.bytes > 0 else { return }
                let runs = Array(entry.runs.values)
                for start in stride(from: 0, to: runs.count, by: 500) {
                    let part = runs[start..<min(start + 500, runs.count)]
                    let groups = try Self.groups(of: part.map(\.stream), connection)
                    for run in part {
                        if let group = groups[run.stream] { try Self.insert(run, group: group, target, connection) }
                    }
                }
                try Self.insertSegment(target, bytes: entry.bytes, lastSequence: entry.lastSequence, connection)
            }
        } catch {
            files.remove(target)
            throw error
        }
        layout.add(1, ordering: .releasing)
        if entry.bytes == 0 { files.remove(target) }
        for victim in victims { files.remove(victim) }
    }

    /// Copies the rows' frames, and returns when they are on disk.
    private func copy(_ rows: [SQLRow], to target: Int64) async throws -> SegmentIndex.Unsealed {
        try await withCheckedThrowingContinuation { continuation in
            readers.async { [self] in
                continuation.resume(with: Result { try copyNow(rows, to: target) })
            }
        }
    }

    private func copyNow(_ rows: [SQLRow], to target: Int64) throws -> SegmentIndex.Unsealed {
        var entry = SegmentIndex.Unsealed()
        let descriptor = try files.create(target, isSynced: isSynced)
        defer { Foundation.close(descriptor) }
        do {
            for row in rows {
                guard let stream = row.integer(0), let segment = row.integer(1), let earliest = row.integer(2),
                    let blob = row.blob(3)
                else { continue }
                for frame in StreamRun.decodeFrames(blob, stream: stream, segment: segment, earliest: earliest) {
                    let bytes = try files.read(segment, offset: frame.offset, length: frame.length)
                    try bytes.withUnsafeBytes { buffer in
                        guard let length = Frame.length(in: buffer, at: 0), let header = Frame.header(in: buffer, at: 0)
                        else { return }
                        try SegmentWriter.write(Array(buffer[0..<length]), to: descriptor, at: entry.bytes)
                        var messageBytes = 0
                        Frame.forEach(in: buffer, at: 0, length: length, header) { _, _, message in
                            messageBytes += message.count
                        }
                        let reference = FrameReference(
                            stream: stream, segment: target, offset: entry.bytes, length: length,
                            earliest: header.earliest,
                            latest: header.latest)
                        entry.runs[stream, default: StreamRun(stream: stream)].add(
                            reference, header, messageBytes: messageBytes)
                        entry.lastSequence = max(entry.lastSequence, header.firstSequence + Int64(header.count) - 1)
                        entry.bytes += length
                    }
                }
            }
            if isSynced, fdatasync(descriptor) != 0 { throw SegmentFiles.error(errno, "The logs can't be written") }
        } catch {
            files.remove(target)
            throw error
        }
        return entry
    }
}

import Persistence
import ServiceModel

/// The statements that count who names a segment.
struct SegmentRows {
    let connection: any SQLConnection

    /// Segments are named once more, by what is committed with this.
    func link(_ extents: [Extent]) throws {
        for name in Self.names(extents) {
            try connection.execute(
                "INSERT INTO s3_segments (name, links) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET links = s3_segments.links + 1",
                [.text(name)])
        }
    }

    /// Segments are named once less; those that nothing names any more become garbage.
    func unlink(_ manifest: [UInt8]?, at now: Timestamp) throws {
        guard let manifest, !manifest.isEmpty else { return }
        for name in Self.names(Manifest.decode(manifest)) {
            try connection.execute("UPDATE s3_segments SET links = links - 1 WHERE name = ?", [.text(name)])
            let isGone =
                try connection.execute("DELETE FROM s3_segments WHERE name = ? AND links <= 0", [.text(name)]) > 0
            if isGone {
                try connection.execute(
                    "INSERT INTO s3_garbage (name, since) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                    [.text(name), .integer(now.milliseconds)])
            }
        }
    }

    func garbage(before: Timestamp, limit: Int) throws -> [String] {
        try connection.query(
            "SELECT name FROM s3_garbage WHERE since <= ? ORDER BY since LIMIT ?",
            [.integer(before.milliseconds), .integer(Int64(limit))]
        ).compactMap { $0.text(0) }
    }

    func forget(_ names: [String]) throws {
        for name in names { try connection.execute("DELETE FROM s3_garbage WHERE name = ?", [.text(name)]) }
    }

    /// Which of these nothing knows of.
    func unknown(_ names: [String]) throws -> [String] {
        try names.filter { name in
            try connection.first("SELECT 1 FROM s3_segments WHERE name = ?", [.text(name)]) == nil
                && connection.first("SELECT 1 FROM s3_garbage WHERE name = ?", [.text(name)]) == nil
        }
    }

    /// An object may hold several pieces of a segment: it names it once.
    private static func names(_ extents: [Extent]) -> Set<String> { Set(extents.map(\.name)) }
}

import Persistence
import ServiceKit
import ServiceModel

/// The statements that count who names a segment. A segment is named by `links` rows, or it is garbage and on its way out; never both.
struct SegmentRows {
    let connection: any SQLConnection
    let folder: SegmentFolder

    /// Instead of the time since when something is garbage: its file is being removed, and nothing brings it back.
    private static let going: Int64 = -1

    /// Segments are named once more, by what is committed with this. Those that became garbage since they were looked up, as by a
    /// copy, are taken back.
    /// - Throws: `OperationAborted` if a segment's file is gone.
    func link(_ extents: [Extent]) throws {
        for name in Self.names(extents) {
            let isKnown =
                try connection.execute("UPDATE s3_segments SET links = links + 1 WHERE name = ?", [.text(name)]) > 0
            if isKnown { continue }
            if let row = try connection.first("SELECT since FROM s3_garbage WHERE name = ?", [.text(name)]) {
                guard let since = row.integer(0), since != Self.going else { throw AWSError.operationAborted }
                try connection.execute("DELETE FROM s3_garbage WHERE name = ?", [.text(name)])
            } else if !folder.exists(name) {
                throw AWSError.operationAborted
            }
            try connection.execute("INSERT INTO s3_segments (name, links) VALUES (?, 1)", [.text(name)])
        }
    }

    /// Segments are named once less; those that nothing names any more become garbage.
    func unlink(_ manifest: [UInt8]?, at now: Timestamp) throws {
        guard let manifest, !manifest.isEmpty else { return }
        for name in Self.names(Manifest.decode(manifest)) {
            try connection.execute("UPDATE s3_segments SET links = links - 1 WHERE name = ?", [.text(name)])
            let isGone =
                try connection.execute("DELETE FROM s3_segments WHERE name = ? AND links <= 0", [.text(name)]) > 0
            if isGone { try giveUp([name], at: now) }
        }
    }

    /// What nothing names is garbage from now on.
    func giveUp(_ names: [String], at now: Timestamp) throws {
        for name in names {
            try connection.execute(
                "INSERT INTO s3_garbage (name, since) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                [.text(name), .integer(max(0, now.milliseconds))])
        }
    }

    /// What was garbage by then, and what was to be removed when a process ended.
    func garbage(before: Timestamp, limit: Int) throws -> [String] {
        try connection.query(
            "SELECT name FROM s3_garbage WHERE since <= ? ORDER BY since, name LIMIT ?",
            [.integer(before.milliseconds), .integer(Int64(limit))]
        ).compactMap { $0.text(0) }
    }

    /// The files are about to be removed.
    /// - Returns: those that are still garbage; nothing brings them back once this is committed.
    func beginRemoval(_ names: [String]) throws -> [String] {
        try names.filter {
            try connection.execute(
                "UPDATE s3_garbage SET since = ? WHERE name = ?", [.integer(Self.going), .text($0)]) > 0
        }
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

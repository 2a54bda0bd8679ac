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
        let names = Set(extents.map(\.name)).sorted()
        for batch in NameList.batches(names) {
            let known = try connection.query(
                "UPDATE s3_segments SET links = links + 1 WHERE name IN (\(batch.marks)) RETURNING name", batch.values
            ).compactMap { $0.text(0) }
            let others = Set(batch.names).subtracting(known)
            if !others.isEmpty { try add(others.sorted()) }
        }
    }

    private func add(_ names: [String]) throws {
        var garbage: [String] = []
        for batch in NameList.batches(names) {
            let rows = try connection.query(
                "SELECT name, since FROM s3_garbage WHERE name IN (\(batch.marks))", batch.values)
            if rows.contains(where: { $0.integer(1) == Self.going }) { throw AWSError.operationAborted }
            garbage += rows.compactMap { $0.text(0) }
        }
        try forget(garbage)
        let known = Set(garbage)
        for name in names {
            guard known.contains(name) || folder.exists(name) else { throw AWSError.operationAborted }
            try connection.execute("INSERT INTO s3_segments (name, links) VALUES (?, 1)", [.text(name)])
        }
    }

    /// Segments are named once less; those that nothing names any more become garbage.
    func unlink(_ manifest: [UInt8]?, at now: Timestamp) throws {
        guard let manifest, !manifest.isEmpty else { return }
        try unlink([manifest], at: now)
    }

    /// The same for several that go, or become one: `except`: what goes on being named, once.
    func unlink(_ manifests: [[UInt8]], except kept: [Extent] = [], at now: Timestamp) throws {
        var links: [String: Int] = [:]
        for manifest in manifests {
            // An object may hold several pieces of a segment: it names it once.
            for name in Set(Manifest.decode(manifest).map(\.name)) { links[name, default: 0] += 1 }
        }
        for name in Set(kept.map(\.name)) { links[name, default: 0] -= 1 }
        for (count, names) in Dictionary(grouping: links.filter { $0.value != 0 }, by: \.value) {
            try unlink(names.map(\.key).sorted(), times: count, at: now)
        }
    }

    private func unlink(_ names: [String], times: Int, at now: Timestamp) throws {
        for batch in NameList.batches(names) {
            try connection.execute(
                "UPDATE s3_segments SET links = links - ? WHERE name IN (\(batch.marks))",
                [.integer(Int64(times))] + batch.values)
            // What nothing names is garbage from now on.
            let unnamed = "FROM s3_segments WHERE name IN (\(batch.marks)) AND links <= 0"
            try connection.execute(
                "INSERT INTO s3_garbage (name, since) SELECT name, CAST(? AS BIGINT) \(unnamed) ON CONFLICT (name) DO NOTHING",
                [.integer(max(0, now.milliseconds))] + batch.values)
            try connection.execute("DELETE \(unnamed)", batch.values)
        }
    }

    /// Files that no row knows of are garbage from now on.
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
        try NameList.batches(names).flatMap { batch in
            try connection.query(
                "UPDATE s3_garbage SET since = ? WHERE name IN (\(batch.marks)) RETURNING name",
                [.integer(Self.going)] + batch.values
            ).compactMap { $0.text(0) }
        }
    }

    func forget(_ names: [String]) throws {
        for batch in NameList.batches(names) {
            try connection.execute("DELETE FROM s3_garbage WHERE name IN (\(batch.marks))", batch.values)
        }
    }

    /// Which of these nothing knows of.
    func unknown(_ names: [String]) throws -> [String] {
        try names.filter { name in
            try connection.first("SELECT 1 FROM s3_segments WHERE name = ?", [.text(name)]) == nil
                && connection.first("SELECT 1 FROM s3_garbage WHERE name = ?", [.text(name)]) == nil
        }
    }
}

/// Some names in one statement. There are few lengths of lists, so that there are few statements to prepare: the last name is repeated.
private struct NameList {
    private static let lengths = [1, 4, 16, 64, 256]

    let names: [String]
    let marks: String
    let values: [SQLValue]

    private init(_ names: ArraySlice<String>) {
        self.names = Array(names)
        let length = Self.lengths.first { $0 >= names.count } ?? names.count
        values = names.map(SQLValue.text) + Array(repeating: .text(names.last ?? ""), count: length - names.count)
        marks = Array(repeating: "?", count: length).joined(separator: ", ")
    }

    static func batches(_ names: [String]) -> [NameList] {
        stride(from: 0, to: names.count, by: 256).map { NameList(names[$0..<min(names.count, $0 + 256)]) }
    }
}

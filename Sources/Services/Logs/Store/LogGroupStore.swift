import Persistence
import ServiceKit

/// A log group's row.
struct LogGroupRow: Hashable, Sendable {
    var id: Int64
    var name: String
    var groupClass: String
    /// Days; nil keeps events forever.
    var retention: Int?
    var created: Int64
    var storedBytes: Int

    static let columns = "id, name, class, retention, created, stored_bytes"

    init?(_ row: SQLRow) {
        guard let id = row.integer(0), let name = row.text(1), let groupClass = row.text(2),
            let created = row.integer(4)
        else { return nil }
        self.id = id
        self.name = name
        self.groupClass = groupClass
        retention = row.integer(3).map { Int($0) }
        self.created = created
        storedBytes = Int(row.integer(5) ?? 0)
    }
}

/// The rows of groups and their tags.
struct LogGroupStore: Sendable {
    let database: any Database

    /// A number for a new group or stream.
    static func newID() -> Int64 { Int64.random(in: 1 ... .max) }

    /// - Returns: false if there is such a group.
    func create(account: String, region: String, name: String, groupClass: String, tags: [String: String], now: Int64)
        async throws -> Bool
    {
        let id = Self.newID()
        return try await database.write { connection in
            let inserted = try connection.execute(
                """
                INSERT INTO logs_group (account, region, name, id, class, retention, created, stored_bytes)
                VALUES (?, ?, ?, ?, ?, NULL, ?, 0) ON CONFLICT (account, region, name) DO NOTHING
                """,
                [.text(account), .text(region), .text(name), .integer(id), .text(groupClass), .integer(now)])
            if inserted == 0 { return false }
            try Self.putTags(tags, group: id, connection)
            return true
        }
    }

    func find(account: String, region: String, name: String) async throws -> LogGroupRow? {
        try await database.read { try Self.find(account, region, name, $0) }
    }

    static func find(_ account: String, _ region: String, _ name: String, _ connection: any SQLConnection) throws
        -> LogGroupRow?
    {
        try connection.first(
            "SELECT \(LogGroupRow.columns) FROM logs_group WHERE account = ? AND region = ? AND name = ?",
            [.text(account), .text(region), .text(name)]
        ).flatMap { LogGroupRow($0) }
    }

    /// The groups behind `name`, in the order of their names, at most `limit`.
    func list(
        account: String, region: String, prefix: String?, groupClass: String?, after name: String?, limit: Int
    ) async throws -> [LogGroupRow] {
        var conditions = ["account = ?", "region = ?"]
        var parameters: [SQLValue] = [.text(account), .text(region)]
        if let prefix {
            conditions.append("substr(name, 1, CAST(? AS INTEGER)) = ? AND name >= ?")
            parameters += [SQLValue(prefix.unicodeScalars.count), .text(prefix), .text(prefix)]
        }
        if let groupClass {
            conditions.append("class = ?")
            parameters.append(.text(groupClass))
        }
        if let name {
            conditions.append("name > ?")
            parameters.append(.text(name))
        }
        let sql = """
            SELECT \(LogGroupRow.columns) FROM logs_group WHERE \(conditions.joined(separator: " AND "))
            ORDER BY name LIMIT \(limit)
            """
        let values = parameters
        return try await database.read { try $0.query(sql, values).compactMap { LogGroupRow($0) } }
    }

    /// Deletes a group with its streams, tags and the index of its events.
    func delete(_ id: Int64) async throws {
        try await database.write { connection in
            try SegmentStore.deleteRuns("group_id = ?", [.integer(id)], connection)
            for table in ["logs_stream", "logs_tag"] {
                try connection.execute("DELETE FROM \(table) WHERE group_id = ?", [.integer(id)])
            }
            try connection.execute("DELETE FROM logs_group WHERE id = ?", [.integer(id)])
        }
    }

    func setRetention(_ days: Int?, group: Int64) async throws {
        _ = try await database.write {
            try $0.execute("UPDATE logs_group SET retention = ? WHERE id = ?", [SQLValue(days), .integer(group)])
        }
    }

    func tags(_ group: Int64) async throws -> [String: String] {
        try await database.read { try Self.tags(group, $0) }
    }

    private static func tags(_ group: Int64, _ connection: any SQLConnection) throws -> [String: String] {
        let rows = try connection.query("SELECT key, value FROM logs_tag WHERE group_id = ?", [.integer(group)])
        return Dictionary(
            rows.compactMap { row in row.text(0).map { ($0, row.text(1) ?? "") } }, uniquingKeysWith: { $1 })
    }

    /// - Returns: false if the group would have more than `limit` tags.
    func addTags(_ tags: [String: String], group: Int64, limit: Int) async throws -> Bool {
        try await database.write { connection in
            let merged = try Self.tags(group, connection).merging(tags) { $1 }
            if merged.count > limit { return false }
            try Self.putTags(tags, group: group, connection)
            return true
        }
    }

    func removeTags(_ keys: [String], group: Int64) async throws {
        try await database.write { connection in
            for key in keys {
                try connection.execute(
                    "DELETE FROM logs_tag WHERE group_id = ? AND key = ?", [.integer(group), .text(key)])
            }
        }
    }

    private static func putTags(_ tags: [String: String], group: Int64, _ connection: any SQLConnection) throws {
        for (key, value) in tags {
            try connection.execute(
                """
                INSERT INTO logs_tag (group_id, key, value) VALUES (?, ?, ?)
                ON CONFLICT (group_id, key) DO UPDATE SET value = excluded.value
                """,
                [.integer(group), .text(key), .text(value)])
        }
    }
}

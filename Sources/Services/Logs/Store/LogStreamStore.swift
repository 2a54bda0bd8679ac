import Persistence
import ServiceKit

/// A log stream's row.
struct LogStreamRow: Hashable, Sendable {
    var id: Int64
    var name: String
    var created: Int64
    var firstEvent: Int64?
    var lastEvent: Int64?
    var lastIngestion: Int64?

    static let columns = "id, name, created, first_event, last_event, last_ingestion"

    init?(_ row: SQLRow) {
        guard let id = row.integer(0), let name = row.text(1), let created = row.integer(2) else { return nil }
        self.id = id
        self.name = name
        self.created = created
        firstEvent = row.integer(3)
        lastEvent = row.integer(4)
        lastIngestion = row.integer(5)
    }
}

/// The rows of streams.
struct LogStreamStore: Sendable {
    let database: any Database

    enum Creation: Sendable { case created, exists, noGroup }

    func create(account: String, region: String, group: String, name: String, now: Int64) async throws -> Creation {
        let id = LogGroupStore.newID()
        return try await database.write { connection in
            guard let row = try LogGroupStore.find(account, region, group, connection) else { return .noGroup }
            let inserted = try Self.insert(id, account, region, row.id, name, now, connection)
            return inserted ? .created : .exists
        }
    }

    private static func insert(
        _ id: Int64, _ account: String, _ region: String, _ group: Int64, _ name: String, _ now: Int64,
        _ connection: any SQLConnection
    ) throws -> Bool {
        try connection.execute(
            """
            INSERT INTO logs_stream (id, account, region, group_id, name, created) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (group_id, name) DO NOTHING
            """,
            [.integer(id), .text(account), .text(region), .integer(group), .text(name), .integer(now)]) > 0
    }

    /// The stream, which is made if need be, and its group too: for what functions print. It is asked for once by an environment, which has
    /// a stream of its own: nearly always there is none yet.
    func ensure(_ address: LogStreamAddress, now: Int64) async throws -> StreamIdentity {
        let (groupID, streamID) = (LogGroupStore.newID(), LogGroupStore.newID())
        return try await database.write { connection in
            try connection.execute(
                """
                INSERT INTO logs_group (account, region, name, id, class, retention, created, stored_bytes)
                VALUES (?, ?, ?, ?, 'STANDARD', NULL, ?, 0) ON CONFLICT (account, region, name) DO NOTHING
                """,
                [.text(address.account), .text(address.region), .text(address.group), .integer(groupID), .integer(now)])
            guard let group = try LogGroupStore.find(address.account, address.region, address.group, connection) else {
                throw DatabaseError.failed("The log group \(address.group) can't be made.")
            }
            _ = try Self.insert(streamID, address.account, address.region, group.id, address.stream, now, connection)
            guard let stream = try Self.find(address.stream, group: group.id, connection) else {
                throw DatabaseError.failed("The log stream \(address.stream) can't be made.")
            }
            return StreamIdentity(id: stream.id, group: group.id, address: address)
        }
    }

    private static func find(_ name: String, group: Int64, _ connection: any SQLConnection) throws -> LogStreamRow? {
        try connection.first(
            "SELECT \(LogStreamRow.columns) FROM logs_stream WHERE group_id = ? AND name = ?",
            [.integer(group), .text(name)]
        ).flatMap { LogStreamRow($0) }
    }

    /// The group, nil if there is none, and in it the stream, nil if there is none.
    func find(_ address: LogStreamAddress) async throws -> (group: LogGroupRow, stream: StreamIdentity?)? {
        try await database.read { connection in
            guard let group = try LogGroupStore.find(address.account, address.region, address.group, connection) else {
                return nil
            }
            let stream = try Self.find(address.stream, group: group.id, connection)
            return (group, stream.map { StreamIdentity(id: $0.id, group: group.id, address: address) })
        }
    }

    /// Streams in the order of their names.
    func list(group: Int64, prefix: String?, after name: String?, descending: Bool, limit: Int) async throws
        -> [LogStreamRow]
    {
        var conditions = ["group_id = ?"]
        var parameters: [SQLValue] = [.integer(group)]
        if let prefix {
            conditions.append("substr(name, 1, CAST(? AS INTEGER)) = ? AND name >= ?")
            parameters += [SQLValue(prefix.unicodeScalars.count), .text(prefix), .text(prefix)]
        }
        if let name {
            conditions.append(descending ? "name < ?" : "name > ?")
            parameters.append(.text(name))
        }
        return try await query(conditions, parameters, order: descending ? "name DESC" : "name", limit)
    }

    /// Streams in the order of their last event; those without any come first, as the oldest.
    func listByTime(
        group: Int64, after cursor: (time: Int64, name: String)?, descending: Bool, limit: Int
    ) async throws -> [LogStreamRow] {
        var conditions = ["group_id = ?"]
        var parameters: [SQLValue] = [.integer(group)]
        if let cursor {
            conditions.append("(COALESCE(last_event, 0), name) \(descending ? "<" : ">") (?, ?)")
            parameters += [.integer(cursor.time), .text(cursor.name)]
        }
        let order = descending ? "COALESCE(last_event, 0) DESC, name DESC" : "COALESCE(last_event, 0), name"
        return try await query(conditions, parameters, order: order, limit)
    }

    private func query(_ conditions: [String], _ parameters: [SQLValue], order: String, _ limit: Int) async throws
        -> [LogStreamRow]
    {
        let sql = """
            SELECT \(LogStreamRow.columns) FROM logs_stream WHERE \(conditions.joined(separator: " AND "))
            ORDER BY \(order) LIMIT \(limit)
            """
        return try await database.read { try $0.query(sql, parameters).compactMap { LogStreamRow($0) } }
    }

    /// The streams of these names; nil for each that does not exist.
    func identities(group: Int64, names: [String]) async throws -> [Int64?] {
        try await database.read { connection in try names.map { try Self.find($0, group: group, connection)?.id } }
    }

    /// The names of streams that exist.
    func names(_ ids: Set<Int64>) async throws -> [Int64: String] {
        let all = Array(ids)
        return try await database.read { connection in
            var names: [Int64: String] = [:]
            for start in stride(from: 0, to: all.count, by: 500) {
                let part = all[start..<min(start + 500, all.count)]
                let rows = try connection.query(
                    "SELECT id, name FROM logs_stream WHERE id IN (\(part.map { _ in "?" }.joined(separator: ", ")))",
                    part.map { .integer($0) })
                for row in rows { if let id = row.integer(0), let name = row.text(1) { names[id] = name } }
            }
            return names
        }
    }

    func delete(_ id: Int64) async throws {
        try await database.write { connection in
            try SegmentStore.deleteRuns("stream_id = ?", [.integer(id)], connection)
            try connection.execute("DELETE FROM logs_stream WHERE id = ?", [.integer(id)])
        }
    }
}

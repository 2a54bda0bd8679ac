import Persistence
import Synchronization

/// A database that keeps what statements it was given, and how many rows they returned.
final class RecordingDatabase: Database {
    struct Statement: Sendable, Hashable {
        var sql: String
        var parameters: [SQLValue]
        var rows: Int
    }

    private let base: any Database
    private let statements = Mutex<[Statement]>([])

    init(_ base: any Database) { self.base = base }

    /// What was asked of S3's tables so far; forgotten then.
    func take() -> [Statement] {
        statements.withLock { statements in
            defer { statements = [] }
            return statements.filter { $0.sql.contains("s3_") }
        }
    }

    /// How SQLite means to find the rows of a statement.
    func plan(_ statement: Statement) async throws -> [String] {
        try await base.read { connection in
            try connection.query("EXPLAIN QUERY PLAN " + statement.sql, statement.parameters).compactMap { $0.text(3) }
        }
    }

    var engine: SQLEngine { base.engine }
    func migrate(_ migrations: [Migration]) async throws { try await base.migrate(migrations) }
    func eraseAll() async throws { try await base.eraseAll() }
    func close() async throws { try await base.close() }

    func read<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        try await base.read { try body(Connection(base: $0, recorder: self)) }
    }

    @discardableResult
    func write<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        try await base.write { try body(Connection(base: $0, recorder: self)) }
    }

    private func note(_ sql: String, _ parameters: [SQLValue], rows: Int) {
        statements.withLock { $0.append(Statement(sql: sql, parameters: parameters, rows: rows)) }
    }

    private struct Connection: SQLConnection {
        let base: any SQLConnection
        let recorder: RecordingDatabase

        var engine: SQLEngine { base.engine }

        func execute(_ sql: String, _ parameters: [SQLValue]) throws -> Int {
            recorder.note(sql, parameters, rows: 0)
            return try base.execute(sql, parameters)
        }

        func query(_ sql: String, _ parameters: [SQLValue]) throws -> [SQLRow] {
            let rows = try base.query(sql, parameters)
            recorder.note(sql, parameters, rows: rows.count)
            return rows
        }
    }
}

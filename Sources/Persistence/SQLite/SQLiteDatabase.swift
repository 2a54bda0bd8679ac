import Foundation
import GRDB

/// SQLite, embedded: one connection writes, with group commit; others read, each on a thread of its own.
///
/// A read sees every write that was answered before it began, in one snapshot. In memory there is only the writer's connection,
/// and reads wait for their turn on it.
public final class SQLiteDatabase: Database {
    public var engine: SQLEngine { .sqlite }
    private let writer: SQLiteWriter
    private let readers: WorkerThreads<SQLiteSession>?

    /// Opens the database file, which is created if there is none.
    /// - Parameters:
    ///   - path: nil keeps everything in memory.
    ///   - durability: `relaxed` is `synchronous=OFF`.
    ///   - maximumReaders: reads that run at the same time.
    /// - Throws: ``DatabaseError``.
    public init(path: String?, durability: Durability = .full, maximumReaders: Int = 4) throws {
        let file = SQLiteFile(path: path, durability: durability)
        writer = SQLiteWriter(try file.open(.writer))
        readers = path == nil ? nil : Self.readers(of: file, maximum: maximumReaders)
    }

    deinit {
        writer.shutDown()
        readers?.shutDown()
    }

    public func migrate(_ migrations: [Migration]) async throws {
        let plan = try MigrationPlan(migrations)
        try await writer.perform(isExclusive: true) { try plan.run($0) }
    }

    public func read<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        guard let readers else {
            return try await writer.perform(isExclusive: true) { connection in
                let session = connection as? SQLiteSession
                try session?.control("PRAGMA query_only = ON")
                defer { try? session?.control("PRAGMA query_only = OFF") }
                return try body(connection)
            }
        }
        return try await readers.run { session in
            var result: T?
            try session.control("BEGIN")
            defer { if session.isInTransaction { try? session.control("COMMIT") } }
            if let failure = session.run({ result = try body($0) }) { throw failure }
            guard let result else { throw DatabaseError.closed }
            return result
        }
    }

    @discardableResult
    public func write<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        try await writer.perform(body)
    }

    public func eraseAll() async throws {
        try await writer.perform(isExclusive: true) { connection in
            // Tables refer to one another; what holds is checked by the commit.
            try connection.execute("PRAGMA defer_foreign_keys = ON")
            let tables = try connection.query(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'")
            for table in tables.compactMap({ $0.text(0) }) where !MigrationPlan.keptTables.contains(table) {
                try connection.execute("DELETE FROM \"\(table)\"")
            }
        }
    }

    public func close() async throws {
        await readers?.close()
        await writer.close()
    }

    private static func readers(of file: SQLiteFile, maximum: Int) -> WorkerThreads<SQLiteSession> {
        WorkerThreads(name: "martlet-reader", maximum: max(1, maximum)) { threads in
            var queue: DatabaseQueue?
            var session: SQLiteSession?
            threads.forEachJob { job in
                do {
                    let opened = try queue ?? file.open(.reader)
                    queue = opened
                    try opened.inDatabase { database in
                        let ready = try session ?? SQLiteSession(database)
                        session = ready
                        job.run(.success(ready))
                    }
                } catch {
                    job.run(.failure(DatabaseError(sqlite: error)))
                }
            }
            queue?.inDatabase { _ in session?.clear() }
            session = nil
            try? queue?.close()
        }
    }
}

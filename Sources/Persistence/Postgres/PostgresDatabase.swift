import CPostgres
import Foundation

/// PostgreSQL through libpq, shared by several nodes.
///
/// A write is a SERIALIZABLE transaction, run again when another one was in its way; a read is one snapshot. The server groups the
/// fsyncs of commits. A write during whose commit the connection was lost throws, since nobody knows whether it took place.
public final class PostgresDatabase: Database {
    public var engine: SQLEngine { .postgres }
    private let configuration: PostgresConfiguration
    private let writers: WorkerThreads<PostgresSession>
    private let readers: WorkerThreads<PostgresSession>

    /// Connects when first needed.
    /// - Parameters:
    ///   - url: a connection URI as libpq takes it, `postgresql://user@host/database?sslmode=…`.
    ///   - durability: `relaxed` turns `synchronous_commit` off.
    ///   - schema: where the tables are; made by ``migrate(_:)``. Letters, digits and `_`.
    ///   - maximumConnections: half of them read, half write.
    /// - Throws: ``DatabaseError/failed(_:)`` if libpq is not installed.
    public init(url: String, durability: Durability = .full, schema: String = "martlet", maximumConnections: Int = 8)
        throws
    {
        if let reason = cpostgres_load() {
            throw DatabaseError.failed(
                "PostgreSQL needs its client library, libpq.so.5 (Debian: apt install libpq5): \(String(cString: reason))"
            )
        }
        let isPlain = schema.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
        guard isPlain, !schema.isEmpty, schema.utf8.count <= 63 else {
            throw DatabaseError.failed("\(schema) can't be the name of a PostgreSQL schema.")
        }
        let configuration = PostgresConfiguration(url: url, schema: schema, durability: durability)
        self.configuration = configuration
        let share = max(1, maximumConnections / 2)
        writers = Self.threads("martlet-pg-write", share, configuration)
        readers = Self.threads("martlet-pg-read", share, configuration)
    }

    deinit {
        writers.shutDown()
        readers.shutDown()
    }

    public func migrate(_ migrations: [Migration]) async throws {
        let plan = try MigrationPlan(migrations)
        let schema = configuration.schema
        try await writers.run { session in
            do {
                // Connects, with patience for a server that is just starting.
                try session.transaction(.read) { _ in }
                try session.withAdvisoryLock(Self.lockKey(schema)) {
                    try session.transaction(.migration) { connection in
                        try connection.execute("CREATE SCHEMA IF NOT EXISTS \"\(schema)\"")
                        try plan.run(connection)
                    }
                }
            } catch let error as PostgresError {
                throw error.databaseError
            }
        }
    }

    public func read<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        try await readers.run { session in
            try session.transaction(.read, body)
        }
    }

    @discardableResult
    public func write<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        try await writers.run { session in
            try session.transaction(.write, body)
        }
    }

    public func eraseAll() async throws {
        try await write { connection in
            let tables = try connection.query("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
                .compactMap { $0.text(0) }.filter { !MigrationPlan.keptTables.contains($0) }
            if tables.isEmpty { return }
            try connection.execute("TRUNCATE \(tables.map { "\"\($0)\"" }.joined(separator: ", ")) CASCADE")
        }
    }

    public func close() async throws {
        await readers.close()
        await writers.close()
    }

    private static func threads(
        _ name: String, _ maximum: Int, _ configuration: PostgresConfiguration
    ) -> WorkerThreads<PostgresSession> {
        WorkerThreads(name: name, maximum: maximum) { threads in
            let session = PostgresSession(configuration)
            threads.forEachJob { $0.run(.success(session)) }
            session.close()
        }
    }

    /// The same on every node, another for each schema: FNV-1a of its name.
    private static func lockKey(_ schema: String) -> Int64 {
        Int64(bitPattern: schema.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
    }
}

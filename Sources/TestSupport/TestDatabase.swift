import Foundation
public import Persistence

/// Databases for tests. A store's tests run once for each of ``engines``:
///
///     @Test(arguments: TestDatabase.engines)
///     func functionsAreListedInOrder(engine: SQLEngine) async throws {
///         try await TestDatabase.with(engine, LambdaMigrations.all) { database in … }
///     }
public enum TestDatabase {
    /// SQLite, and PostgreSQL if `MARTLET_TEST_POSTGRES` holds the URL of a server.
    public static let engines: [SQLEngine] = postgresURL == nil ? [.sqlite] : [.sqlite, .postgres]

    /// The PostgreSQL server for tests, which `script/test` starts.
    public static let postgresURL: String? = {
        let url = ProcessInfo.processInfo.environment["MARTLET_TEST_POSTGRES"] ?? ""
        if url.isEmpty {
            FileHandle.standardError.write(
                Data("MARTLET_TEST_POSTGRES is not set: the tests on PostgreSQL are left out.\n".utf8))
        }
        return url.isEmpty ? nil : url
    }()

    /// Runs `body` with a database of its own that has the given schema: a file of SQLite, or a schema of the PostgreSQL server.
    @discardableResult
    public static func with<T>(
        _ engine: SQLEngine, _ migrations: [Migration] = [], isolation: isolated (any Actor)? = #isolation,
        _ body: (any Database) async throws -> T
    ) async throws -> T {
        switch engine {
        case .sqlite:
            return try await TemporaryFolder.with { folder in
                let database = try SQLiteDatabase(path: folder + "/database.sqlite", durability: .relaxed)
                return try await use(database, migrations, body)
            }
        case .postgres:
            return try await withSchema { schema in
                let database = try PostgresDatabase(
                    url: postgresURL ?? "", durability: .relaxed, schema: schema, maximumConnections: 4)
                return try await use(database, migrations, body)
            }
        }
    }

    /// A schema of the test server that nobody else uses, dropped at the end, for tests that open several databases on it.
    @discardableResult
    public static func withSchema<T>(
        isolation: isolated (any Actor)? = #isolation, _ body: (_ schema: String) async throws -> T
    ) async throws -> T {
        await slots.take()
        do {
            let result = try await useSchema(body)
            await slots.giveBack()
            return result
        } catch {
            await slots.giveBack()
            throw error
        }
    }

    /// Tests run all at once, and a server has a limited number of connections.
    private static let slots = Slots(12)

    private static func useSchema<T>(
        isolation: isolated (any Actor)? = #isolation, _ body: (_ schema: String) async throws -> T
    ) async throws -> T {
        let schema = "test_" + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
        do {
            let result = try await body(schema)
            try await drop(schema)
            return result
        } catch {
            try? await drop(schema)
            throw error
        }
    }

    private static func drop(_ schema: String) async throws {
        let database = try PostgresDatabase(
            url: postgresURL ?? "", durability: .relaxed, schema: schema, maximumConnections: 4)
        try await database.write { connection in _ = try connection.execute("DROP SCHEMA IF EXISTS \(schema) CASCADE") }
        try await database.close()
    }

    private static func use<T>(
        _ database: any Database, _ migrations: [Migration], isolation: isolated (any Actor)? = #isolation,
        _ body: (any Database) async throws -> T
    ) async throws -> T {
        do {
            try await database.migrate(migrations)
            let result = try await body(database)
            try await database.close()
            return result
        } catch {
            try? await database.close()
            throw error
        }
    }
}

/// Lets a number of tasks pass at a time, in the order they came.
private actor Slots {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func giveBack() {
        if waiting.isEmpty {
            free += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}

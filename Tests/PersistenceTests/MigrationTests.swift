import Persistence
import TestSupport
import Testing

@Suite struct MigrationTests {
    static func steps(_ count: Int) -> [Migration] {
        (1...count).map {
            Migration(
                store: "steps", version: $0, statements: ["CREATE TABLE step\($0) (id BIGINT PRIMARY KEY, name TEXT)"])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func missingStepsRunOnce(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine) { database in
            try await database.migrate(Self.steps(1))
            try await database.migrate(Self.steps(3).reversed() + DatabaseTests.migrations)
            try await database.migrate(Self.steps(3))
            try await database.migrate([])
            let applied = try await database.read {
                try $0.query("SELECT store, version FROM schema_migrations ORDER BY store, version")
            }
            #expect(
                applied == [
                    SQLRow(["steps", 1]), SQLRow(["steps", 2]), SQLRow(["steps", 3]), SQLRow(["things", 1]),
                ])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aNewerSchemaIsRefused(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, Self.steps(3)) { database in
            await #expect {
                try await database.migrate(Self.steps(2))
            } throws: {
                if case DatabaseError.newerSchema(let text) = $0 { text.contains("newer version") } else { false }
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aChangedStepIsRefused(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, Self.steps(2)) { database in
            var changed = Self.steps(2)
            changed[0].statements = ["CREATE TABLE step1 (id BIGINT)"]
            await #expect(throws: DatabaseError.self) { try await database.migrate(changed) }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aFailedStepLeavesNothing(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine) { database in
            let bad =
                Self.steps(2) + [
                    Migration(store: "steps", version: 3, statements: ["CREATE TABLE third (id BIGINT)", "NONSENSE"])
                ]
            await #expect(throws: DatabaseError.self) { try await database.migrate(bad) }
            await #expect(throws: DatabaseError.self) {
                try await database.read { _ = try $0.query("SELECT * FROM step1") }
            }
            try await database.migrate(Self.steps(3))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func versionsWithoutOrderAreRefused(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine) { database in
            for versions in [[1, 3], [2], [1, 1], [0]] {
                let migrations = versions.map { Migration(store: "x", version: $0, statements: []) }
                await #expect(throws: DatabaseError.self) { try await database.migrate(migrations) }
            }
        }
    }
}

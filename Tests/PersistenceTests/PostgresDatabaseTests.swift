import Foundation
import Persistence
import ServiceKit
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.postgresURL != nil, "MARTLET_TEST_POSTGRES is not set"))
struct PostgresDatabaseTests {
    /// Two nodes read and then write the same row: no increment is lost.
    @Test func racingNodesAreSerialised() async throws {
        try await TestDatabase.withSchema { schema in
            let nodes = try (0..<2).map { _ in try PostgresDatabase(url: Self.url, schema: schema) }
            for node in nodes { try await node.migrate(DatabaseTests.migrations) }
            try await nodes[0].write { try $0.execute("INSERT INTO things (name, number) VALUES ('counter', 0)") }
            try await withThrowingTaskGroup { group in
                for node in nodes {
                    for _ in 0..<4 {
                        group.addTask {
                            for _ in 0..<10 {
                                try await node.write { connection in
                                    let number = try connection.first(
                                        "SELECT number FROM things WHERE name = 'counter'")?.integer(0)
                                    try connection.execute(
                                        "UPDATE things SET number = ? WHERE name = 'counter'",
                                        [.integer((number ?? 0) + 1)])
                                }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let number = try await nodes[1].read { try $0.first("SELECT number FROM things")?.integer(0) }
            #expect(number == 80)
            for node in nodes { try await node.close() }
        }
    }

    /// A write skew: each of two closures looks whether the other's row is there, and adds its own if not.
    @Test func writeSkewIsPrevented() async throws {
        try await TestDatabase.withSchema { schema in
            let nodes = try (0..<2).map { _ in try PostgresDatabase(url: Self.url, schema: schema) }
            for node in nodes { try await node.migrate(DatabaseTests.migrations) }
            for round in 0..<20 {
                try await withThrowingTaskGroup { group in
                    for (index, node) in nodes.enumerated() {
                        group.addTask {
                            try await node.write { connection in
                                let count = try connection.first(
                                    "SELECT COUNT(*) FROM things WHERE number = ?", [.integer(Int64(round))])?.integer(
                                        0)
                                if count == 0 {
                                    try connection.execute(
                                        "INSERT INTO things (name, number) VALUES (?, ?)",
                                        [.text("\(round)-\(index)"), .integer(Int64(round))])
                                }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let count = try await nodes[0].read { try $0.first("SELECT COUNT(*) FROM things")?.integer(0) }
            #expect(count == 20)
            for node in nodes { try await node.close() }
        }
    }

    @Test func nodesThatStartTogetherMigrateOnce() async throws {
        try await TestDatabase.withSchema { schema in
            let nodes = try (0..<4).map { _ in
                try PostgresDatabase(url: Self.url, schema: schema, maximumConnections: 2)
            }
            try await withThrowingTaskGroup { group in
                for node in nodes { group.addTask { try await node.migrate(DatabaseTests.migrations) } }
                try await group.waitForAll()
            }
            let keys = try await withThrowingTaskGroup(of: String.self) { group in
                for node in nodes { group.addTask { try await InstallationKeys.load(node).root.id } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(keys.count == 1)
            for node in nodes { try await node.close() }
        }
    }

    @Test func aLostConnectionIsMadeAgain() async throws {
        try await TestDatabase.with(.postgres, DatabaseTests.migrations) { database in
            let server = try await database.write { connection in
                try connection.execute("INSERT INTO things (name) VALUES ('before')")
                return try connection.first("SELECT pg_backend_pid()")?[0] ?? .null
            }
            let isEnded = try await database.read {
                try $0.first("SELECT pg_terminate_backend(?::int)", [server])?.boolean(0)
            }
            #expect(isEnded == true)
            try await database.write { try $0.execute("INSERT INTO things (name) VALUES ('after')") }
            let count = try await database.read { try $0.first("SELECT COUNT(*) FROM things")?.integer(0) }
            #expect(count == 2)
        }
    }

    @Test func columnsThatChangeUnderAPreparedStatementAreFollowed() async throws {
        try await TestDatabase.with(.postgres, DatabaseTests.migrations) { database in
            for _ in 0..<4 { _ = try await database.read { try $0.query("SELECT * FROM parts") } }
            try await database.write { try $0.execute("ALTER TABLE parts ADD COLUMN extra TEXT") }
            for _ in 0..<4 { _ = try await database.read { try $0.query("SELECT * FROM parts") } }
        }
    }

    @Test func theServerSyncsAsAsked() async throws {
        try await TestDatabase.withSchema { schema in
            for (durability, expected) in [(Durability.full, "on"), (.relaxed, "off")] {
                let database = try PostgresDatabase(url: Self.url, durability: durability, schema: schema)
                let value = try await database.write { try $0.first("SHOW synchronous_commit")?.text(0) }
                #expect(value == expected)
                try await database.close()
            }
        }
    }

    @Test func numbersOfEveryKindAreDecoded() async throws {
        try await TestDatabase.with(.postgres) { database in
            let row = try await database.read {
                try $0.first(
                    """
                    SELECT SUM(x::bigint), AVG(x::bigint), 12345678901234567168::numeric, -0.5::numeric, 0::numeric, true, 7::smallint,
                    -7::integer, 1.5::real, 100000000::numeric, -9223372036854775808::numeric FROM generate_series(1, 4) AS x
                    """)
            }
            #expect(
                row
                    == SQLRow([
                        .integer(10), .real(2.5), .real(12_345_678_901_234_567_168), .real(-0.5), .integer(0),
                        .integer(1), .integer(7),
                        .integer(-7), .real(1.5), .integer(100_000_000), .integer(.min),
                    ]))
        }
    }

    @Test func aServerThatIsNotThereIsAPlainError() async throws {
        let database = try PostgresDatabase(url: "postgresql://nobody@127.0.0.1:1/none")
        await #expect {
            try await database.migrate([])
        } throws: { if case DatabaseError.failed(let text) = $0 { text.contains("can't be reached") } else { false } }
        try await database.close()
        #expect(throws: DatabaseError.self) { try PostgresDatabase(url: Self.url, schema: "bad\"name") }
    }

    private static var url: String { TestDatabase.postgresURL ?? "" }
}

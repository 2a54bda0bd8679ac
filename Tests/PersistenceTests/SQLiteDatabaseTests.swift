import Foundation
import Persistence
import TestSupport
import Testing

@Suite struct SQLiteDatabaseTests {
    @Test(arguments: [(Durability.full, Int64(2)), (.relaxed, 0)])
    func theWriterSyncsAsAsked(durability: Durability, synchronous: Int64) async throws {
        try await TemporaryFolder.with { folder in
            let database = try SQLiteDatabase(path: folder + "/database.sqlite", durability: durability)
            try await database.migrate(DatabaseTests.migrations)
            try await database.write { try $0.execute("INSERT INTO things (name) VALUES ('x')") }
            try await database.eraseAll()
            let settings = try await database.write { connection in
                try ["synchronous", "journal_mode", "foreign_keys"].map { try connection.first("PRAGMA \($0)")?[0] }
            }
            #expect(settings == [.integer(synchronous), "wal", 1])
            let reader = try await database.read { try $0.first("PRAGMA foreign_keys")?.integer(0) }
            #expect(reader == 1)
            try await database.close()
        }
    }

    @Test func inMemoryWorksAlike() async throws {
        let database = try SQLiteDatabase(path: nil)
        try await database.migrate(DatabaseTests.migrations)
        try await withThrowingTaskGroup { group in
            for index in 0..<50 {
                group.addTask {
                    try await database.write {
                        try $0.execute("INSERT INTO things (name) VALUES (?)", [.text("\(index)")])
                    }
                    let count = try await database.read { try $0.first("SELECT COUNT(*) FROM things")?.integer(0) ?? 0 }
                    #expect(count > 0)
                }
            }
            try await group.waitForAll()
        }
        await #expect(throws: DatabaseError.self) {
            try await database.read { _ = try $0.execute("DELETE FROM things") }
        }
        let count = try await database.read { try $0.first("SELECT COUNT(*) FROM things")?.integer(0) }
        #expect(count == 50)
        try await database.close()
    }

    @Test func concurrentWritesShareTransactions() async throws {
        try await TemporaryFolder.with { folder in
            let database = try SQLiteDatabase(path: folder + "/database.sqlite")
            try await database.migrate(DatabaseTests.migrations)
            // The first write holds the writer until the others have queued up behind it.
            let gate = DispatchSemaphore(value: 0)
            let first = Task { try await database.write { _ in gate.wait() } }
            let others = (0..<100).map { index in
                Task {
                    try await database.write { connection in
                        try connection.execute("INSERT INTO things (name) VALUES (?)", [.text("\(index)")])
                        return try connection.first("SELECT COUNT(*) FROM things")?.integer(0) ?? 0
                    }
                }
            }
            for _ in 0..<10 { gate.signal() }
            try await first.value
            var seen: Set<Int64> = []
            for task in others { seen.insert(try await task.value) }
            #expect(seen == Set(1...100))
            try await database.close()
        }
    }

    @Test func aDeferredConstraintFailsOnlyItsOwnWrite() async throws {
        try await TemporaryFolder.with { folder in
            let database = try SQLiteDatabase(path: folder + "/database.sqlite")
            try await database.migrate([
                Migration(
                    store: "tree", version: 1,
                    statements: [
                        """
                        CREATE TABLE tree (id BIGINT PRIMARY KEY, parent BIGINT REFERENCES tree (id) DEFERRABLE INITIALLY DEFERRED)
                        """
                    ])
            ])
            let gate = DispatchSemaphore(value: 0)
            let first = Task { try await database.write { _ in gate.wait() } }
            let tasks = (1...20).map { (index: Int64) in
                Task {
                    try await database.write {
                        try $0.execute(
                            "INSERT INTO tree VALUES (?, ?)", [.integer(index), index == 7 ? .integer(1000) : nil])
                    }
                }
            }
            for _ in 0..<10 { gate.signal() }
            try await first.value
            for (offset, task) in tasks.enumerated() {
                let result = await task.result
                if offset == 6 {
                    #expect(throws: DatabaseError.self) { try result.get() }
                } else {
                    #expect(throws: Never.self) { try result.get() }
                }
            }
            let count = try await database.read { try $0.first("SELECT COUNT(*) FROM tree")?.integer(0) }
            #expect(count == 19)
            try await database.close()
        }
    }

    @Test func aFileThatIsNoDatabaseIsAnError() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder + "/database.sqlite"
            try Data(repeating: 65, count: 8192).write(to: URL(fileURLWithPath: path))
            #expect(throws: DatabaseError.self) { try SQLiteDatabase(path: path) }
        }
        #expect(throws: DatabaseError.self) { try SQLiteDatabase(path: "/nonexistent/database.sqlite") }
    }
}

import Persistence
import TestSupport
import Testing

/// What both engines promise alike.
@Suite struct DatabaseTests {
    static let migrations = [
        Migration(
            store: "things", version: 1,
            statements: [
                "CREATE TABLE things (name TEXT PRIMARY KEY, number BIGINT, ratio DOUBLE PRECISION, body BLOB)",
                """
                CREATE TABLE parts (thing TEXT NOT NULL REFERENCES things (name), part TEXT NOT NULL, PRIMARY KEY (thing, part))
                """,
            ])
    ]

    struct Refusal: Error, Equatable { var index: Int }

    @Test(arguments: TestDatabase.engines)
    func valuesComeBackAsTheyWere(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, Self.migrations) { database in
            let large = [UInt8]((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            let rows: [[SQLValue]] = [
                ["empty", 0, .real(0), .blob([])],
                ["null", nil, nil, nil],
                ["extreme", .integer(.max), .real(.greatestFiniteMagnitude), .blob([0, 0, 255])],
                ["lowest", .integer(.min), .real(-.leastNonzeroMagnitude), .blob(large)],
                ["ünïcödé 🐦 e\u{301}", .integer(-1), .real(1.0 / 3), .blob(Array("text".utf8))],
                ["", 7, .real(.infinity), .blob([1])],
            ]
            try await database.write { connection in
                for row in rows { try #expect(connection.execute("INSERT INTO things VALUES (?, ?, ?, ?)", row) == 1) }
            }
            for row in rows {
                let found = try await database.read {
                    try $0.query("SELECT name, number, ratio, body FROM things WHERE name = ?", [row[0]])
                }
                #expect(found == [SQLRow(row)])
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func readsSeeEveryAnsweredWrite(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, Self.migrations) { database in
            for index in 0..<50 {
                try await database.write {
                    try $0.execute("INSERT INTO things (name) VALUES (?)", [.text("n\(index)")])
                }
                let count = try await database.read { try $0.first("SELECT COUNT(*) FROM things")?.integer(0) }
                #expect(count == Int64(index + 1))
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aThrowingClosureTakesBackOnlyItsOwn(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, Self.migrations) { database in
            let outcomes = await withTaskGroup(of: (Int, Result<Void, any Error>).self) { group in
                for index in 0..<100 {
                    group.addTask {
                        do {
                            try await database.write { connection in
                                try connection.execute("INSERT INTO things (name) VALUES (?)", [.text("a\(index)")])
                                if index % 10 == 3 { throw Refusal(index: index) }
                                if index % 10 == 5 {
                                    try connection.execute("INSERT INTO things (name) VALUES (?)", [.text("a\(index)")])
                                }
                            }
                            return (index, .success(()))
                        } catch {
                            return (index, .failure(error))
                        }
                    }
                }
                return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            for (index, outcome) in outcomes {
                switch (index % 10, outcome) {
                case (3, .failure(let error)): #expect(error as? Refusal == Refusal(index: index))
                case (5, .failure(DatabaseError.constraint)): break
                case (3, _), (5, _), (_, .failure): Issue.record("\(index): \(outcome)")
                default: break
                }
            }
            let names = try await database.read { try $0.query("SELECT name FROM things").compactMap { $0.text(0) } }
            #expect(Set(names) == Set((0..<100).filter { $0 % 10 != 3 && $0 % 10 != 5 }.map { "a\($0)" }))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aFailedStatementEndsItsTransaction(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, Self.migrations) { database in
            await #expect(throws: DatabaseError.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO things (name) VALUES ('x')")
                    _ = try? connection.execute("INSERT INTO things (name) VALUES ('x')")
                }
            }
            let count = try await database.read { try $0.first("SELECT COUNT(*) FROM things")?.integer(0) }
            #expect(count == 0)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func textIsOrderedByBytes(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, Self.migrations) { database in
            let names = [
                "b", "B", "a", "A", "ä", "a-b", "a_b", "ab", "a b", "Z", "é", "e\u{301}", "🐦", "\u{ffff}", "10", "9",
                "_", "-",
            ]
            try await database.write { connection in
                for name in names { try connection.execute("INSERT INTO things (name) VALUES (?)", [.text(name)]) }
            }
            let sorted = try await database.read {
                try $0.query("SELECT name FROM things ORDER BY name").compactMap { $0.text(0) }
            }
            #expect(sorted == names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
            let above = try await database.read {
                try $0.query("SELECT name FROM things WHERE name > ? ORDER BY name LIMIT ?", ["a", 3]).compactMap {
                    $0.text(0)
                }
            }
            #expect(above == ["a b", "a-b", "a_b"])
            let matched = try await database.read { try $0.query("SELECT name FROM things WHERE name LIKE 'A%'").count }
            #expect(matched == 1)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func commonStatementsWork(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, Self.migrations) { database in
            try await database.write { connection in
                let upsert = """
                    INSERT INTO things (name, number) VALUES (?, ?)
                    ON CONFLICT (name) DO UPDATE SET number = things.number + excluded.number RETURNING number -- really?
                    """
                try #expect(connection.first(upsert, ["a", 2])?.integer(0) == 2)
                try #expect(connection.first(upsert, ["a", 3])?.integer(0) == 5)
                try #expect(
                    connection.execute("INSERT INTO things (name) VALUES (?) ON CONFLICT DO NOTHING", ["a"]) == 0)
                try #expect(connection.execute("INSERT INTO things (name) VALUES ('what?'), ('why''?')") == 2)
                try #expect(connection.execute("UPDATE things SET number = ? WHERE number IS NULL", [9]) == 2)
                try #expect(
                    connection.first("SELECT SUM(number), COUNT(*), MAX(name) FROM things")
                        == SQLRow([.integer(23), .integer(3), "why'?"]))
                try #expect(
                    connection.query(
                        "SELECT name FROM things WHERE (number, name) > (?, ?) ORDER BY number, name", [5, "a"])
                        == [SQLRow(["what?"]), SQLRow(["why'?"])])
                try #expect(connection.first("SELECT name FROM things WHERE name = ? /* ? */", ["none"]) == nil)
                try #expect(connection.execute("DELETE FROM things WHERE number > ?", [5]) == 2)
                try #expect(
                    connection.first("SELECT COALESCE(?, number) FROM things WHERE ? IS NULL", [nil, nil])?.integer(0)
                        == 5)
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func foreignKeysHold(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, Self.migrations) { database in
            await #expect {
                try await database.write { try $0.execute("INSERT INTO parts VALUES ('none', 'x')") }
            } throws: { if case DatabaseError.constraint = $0 { true } else { false } }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func mistakesAreErrors(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, Self.migrations) { database in
            let statements: [(String, [SQLValue])] = [
                ("SELECT nothing FROM nowhere", []), ("SELEC", []), ("SELECT name FROM things WHERE name = ?", []),
                ("SELECT name FROM things", ["x"]), ("INSERT INTO things (name) VALUES (?)", ["nul\u{0}here"]),
                ("SELECT 1; SELECT 2", []),
            ]
            for (sql, parameters) in statements {
                await #expect(throws: DatabaseError.self, "\(sql)") {
                    try await database.write { _ = try $0.query(sql, parameters) }
                }
            }
            await #expect(throws: DatabaseError.self) {
                try await database.read { _ = try $0.execute("INSERT INTO things (name) VALUES ('x')") }
            }
            try await database.write { try $0.execute("INSERT INTO things (name) VALUES ('x')") }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aReadIsOneSnapshot(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, Self.migrations) { database in
            try await withThrowingTaskGroup { group in
                group.addTask {
                    for index in 0..<100 {
                        try await database.write { connection in
                            try connection.execute(
                                "INSERT INTO things (name, number) VALUES (?, 1)", [.text("p\(index)")])
                            try connection.execute(
                                "INSERT INTO things (name, number) VALUES (?, -1)", [.text("m\(index)")])
                        }
                    }
                }
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<50 {
                            try await database.read { connection in
                                let plus = try connection.first("SELECT COUNT(*) FROM things WHERE number = 1")
                                let minus = try connection.first("SELECT COUNT(*) FROM things WHERE number = -1")
                                #expect(plus == minus)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func eraseAllKeepsTheSchema(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, Self.migrations) { database in
            let keys = try await InstallationKeys.load(database)
            try await database.write { connection in
                try connection.execute("INSERT INTO things (name) VALUES ('x')")
                try connection.execute("INSERT INTO parts VALUES ('x', 'y')")
            }
            try await database.eraseAll()
            try await database.migrate(Self.migrations)
            let count = try await database.write { connection in
                try connection.execute("INSERT INTO things (name) VALUES ('y')")
                return try connection.first("SELECT (SELECT COUNT(*) FROM things), (SELECT COUNT(*) FROM parts)")
            }
            #expect(count == SQLRow([1, 0]))
            let again = try await InstallationKeys.load(database)
            #expect(again.master == keys.master)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func closingLetsRunningWorkEnd(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, Self.migrations) { database in
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        do {
                            if index == 100 { try await database.close() }
                            if index % 2 == 0 {
                                try await database.write {
                                    try $0.execute("INSERT INTO things (name) VALUES (?)", [.text("\(index)")])
                                }
                            } else {
                                _ = try await database.read { try $0.query("SELECT * FROM things") }
                            }
                            return true
                        } catch {
                            #expect(error as? DatabaseError == .failed("The database is closed."))
                            return false
                        }
                    }
                }
                return await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(outcomes.count == 200)
            await #expect(throws: DatabaseError.self) { try await database.read { _ in } }
            try await database.close()
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aCancelledTaskDoesNotWriteLater(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, Self.migrations) { database in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await database.write { try $0.execute("INSERT INTO things (name) VALUES ('x')") }
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            let count = try await database.read { try $0.first("SELECT COUNT(*) FROM things")?.integer(0) }
            #expect(count == 0)
        }
    }
}

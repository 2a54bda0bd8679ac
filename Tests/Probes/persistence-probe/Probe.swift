import Foundation
import Persistence

/// Writes under the eyes of a test that traces or kills it.
///
///     persistence-probe write  TARGET WRITERS COUNT   prints "begin N" and "ack N" around each write; COUNT 0 goes on for ever
///     persistence-probe blobs  FOLDER WRITERS COUNT   the same with blobs, "ack DIGEST"
///     persistence-probe list   TARGET                 prints each N that is there
///     persistence-probe check  FOLDER DIGEST…         verifies blobs
///
/// TARGET is a data folder, or `postgresql://…` followed by `#` and a schema.
@main
enum Probe {
    static let migrations = [
        Migration(
            store: "probe", version: 1,
            statements: [
                "CREATE TABLE writes (id BIGINT PRIMARY KEY, body BLOB NOT NULL)",
                "CREATE TABLE copies (id BIGINT PRIMARY KEY)",
            ])
    ]

    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            switch arguments.first {
            case "write": try await write(arguments[1], writers: number(arguments, 2), count: number(arguments, 3))
            case "blobs": try await blobs(arguments[1], writers: number(arguments, 2), count: number(arguments, 3))
            case "list": try await list(arguments[1])
            case "check":
                let store = try FileBlobStore(folder: arguments[1])
                for digest in arguments.dropFirst(2) { say("ok \(try await store.get(digest).count)") }
            default:
                say("usage: persistence-probe write|blobs|list|check …")
                exit(64)
            }
        } catch {
            say("error \(error)")
            exit(1)
        }
    }

    private static func open(_ target: String) async throws -> (database: any Database, folder: DataFolder?) {
        let database: any Database
        var folder: DataFolder?
        if let mark = target.firstIndex(of: "#") {
            database = try PostgresDatabase(
                url: String(target[..<mark]), schema: String(target[target.index(after: mark)...]))
        } else {
            folder = try DataFolder(path: target)
            database = try Databases.open(folder: folder)
        }
        try await database.migrate(migrations)
        return (database, folder)
    }

    /// Each writer has its own numbers: writer, writer + writers, …, after those that are there.
    private static func write(_ target: String, writers: Int, count: Int) async throws {
        let (database, folder) = try await open(target)
        let first =
            try await database.read { try $0.first("SELECT COALESCE(MAX(id), 0) FROM writes")?.integer(0) ?? 0 } + 1
        say("ready")
        try await withThrowingTaskGroup { group in
            for writer in 0..<writers {
                group.addTask {
                    var done = 0
                    while count == 0 || done < count {
                        let id = first + Int64(writer + done * writers)
                        say("begin \(id)")
                        try await database.write { connection in
                            let body = [UInt8](repeating: UInt8(truncatingIfNeeded: id), count: Int(id % 5000))
                            try connection.execute("INSERT INTO writes VALUES (?, ?)", [.integer(id), .blob(body)])
                            try connection.execute("INSERT INTO copies VALUES (?)", [.integer(id)])
                        }
                        say("ack \(id)")
                        done += 1
                    }
                }
            }
            try await group.waitForAll()
        }
        try await database.close()
        _ = folder
        say("done")
    }

    private static func blobs(_ folder: String, writers: Int, count: Int) async throws {
        let store = try FileBlobStore(folder: folder)
        say("ready")
        try await withThrowingTaskGroup { group in
            for writer in 0..<writers {
                group.addTask {
                    var done = 0
                    while count == 0 || done < count {
                        say("begin \(writer).\(done)")
                        let text = "\(UInt64.random(in: 0 ... .max))"
                        let digest = try await store.put(Array(String(repeating: text, count: 1 + done % 500).utf8))
                        say("ack \(digest)")
                        done += 1
                    }
                }
            }
            try await group.waitForAll()
        }
        say("done")
    }

    private static func list(_ target: String) async throws {
        let (database, folder) = try await open(target)
        let rows = try await database.read { connection in
            try connection.query(
                "SELECT w.id, c.id, w.body FROM writes w FULL OUTER JOIN copies c ON c.id = w.id ORDER BY 1")
        }
        for row in rows {
            let id = row.integer(0) ?? -1
            let isWhole =
                row.integer(1) == id
                && row.blob(2) == [UInt8](repeating: UInt8(truncatingIfNeeded: id), count: Int(id % 5000))
            say(isWhole ? "\(id)" : "torn \(row.integer(0) ?? row.integer(1) ?? -1)")
        }
        try await database.close()
        _ = folder
        say("done")
    }

    private static func number(_ arguments: [String], _ index: Int) -> Int {
        index < arguments.count ? Int(arguments[index]) ?? 1 : 1
    }

    /// One line, in one system call, so that a tracer sees when it was said.
    private static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        if Foundation.write(1, bytes, bytes.count) != bytes.count { exit(74) }
    }
}

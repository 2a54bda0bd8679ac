import Foundation
import GRDB

/// Opens connections to one SQLite database: a file, or memory.
struct SQLiteFile: Sendable {
    /// nil: in memory, which only one connection sees.
    var path: String?
    var durability: Durability

    enum Role { case writer, reader }

    func open(_ role: Role) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.readonly = role == .reader
        configuration.busyMode = .timeout(5)
        configuration.acceptsDoubleQuotedStringLiterals = false
        configuration.label = "martlet-\(role)"
        do {
            guard let path else { return try finish(DatabaseQueue(configuration: configuration), role) }
            if role == .writer { try createPrivately(path) }
            return try finish(DatabaseQueue(path: path, configuration: configuration), role)
        } catch {
            throw DatabaseError(sqlite: error)
        }
    }

    /// SQLite gives the files beside the database (`-wal`, `-shm`) the mode of the database itself.
    private func createPrivately(_ path: String) throws {
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw DatabaseError(errno: errno, "The database \(path) can't be opened") }
        Foundation.close(descriptor)
    }

    /// GRDB sets `synchronous=NORMAL` when it turns WAL on, so WAL is turned on here, and `synchronous` is set last.
    private func finish(_ queue: DatabaseQueue, _ role: Role) throws -> DatabaseQueue {
        try queue.inDatabase { database in
            // As PostgreSQL has it.
            try database.execute(sql: "PRAGMA case_sensitive_like = ON")
            guard path != nil, role == .writer else { return }
            let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
            guard mode == "wal" else {
                throw DatabaseError.failed(
                    "SQLite can't use its write-ahead log on this file system (mode \(mode ?? "?")).")
            }
            try database.execute(sql: "PRAGMA journal_size_limit = 67108864")
            try database.execute(sql: "PRAGMA synchronous = \(durability == .full ? "FULL" : "OFF")")
        }
        return queue
    }
}

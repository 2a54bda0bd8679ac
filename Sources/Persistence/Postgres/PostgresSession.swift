import Foundation

/// A connection to PostgreSQL as a ``Database`` closure sees it, which is made again when it was lost. Confined to one thread.
final class PostgresSession: SQLConnection {
    let engine = SQLEngine.postgres
    private let configuration: PostgresConfiguration
    private var connection: PostgresConnection?
    /// The first error of the running transaction.
    private var failure: (any Error)?

    private static let maximumAttempts = 60

    init(_ configuration: PostgresConfiguration) { self.configuration = configuration }

    func execute(_ sql: String, _ parameters: [SQLValue]) throws -> Int {
        try checked { try $0.run(sql, parameters).changes }
    }

    func query(_ sql: String, _ parameters: [SQLValue]) throws -> [SQLRow] {
        try checked { try $0.run(sql, parameters).rows }
    }

    enum Mode: String {
        case write = "BEGIN ISOLATION LEVEL SERIALIZABLE"
        /// One snapshot.
        case read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        /// The lock that precedes it must be seen.
        case migration = "BEGIN ISOLATION LEVEL READ COMMITTED"
    }

    /// Runs `body` in a transaction, again when others were in its way or the connection was lost before the commit.
    func transaction<T>(_ mode: Mode, _ body: (any SQLConnection) throws -> T) throws -> T {
        var conflicts = 0
        var losses = 0
        var hasSeenDuplicate = false
        while true {
            let error: any Error
            do {
                return try attempt(mode, body)
            } catch let unknown as UnknownOutcome {
                throw unknown.databaseError
            } catch let caught {
                error = failure ?? caught
                recover()
                guard let reason = error as? PostgresError else { throw caught }
                let translated: any Error = caught is PostgresError ? reason.databaseError : caught
                if reason.isConflict {
                    conflicts += 1
                    if conflicts >= Self.maximumAttempts { throw reason.databaseError }
                    pause(milliseconds: min(1 << min(conflicts, 6), 50))
                } else if reason.isConnectionLost || reason.isBusy {
                    losses += 1
                    if losses > 6 { throw reason.databaseError }
                    // The first time the server may just have closed an idle connection.
                    if losses > 1 { pause(milliseconds: 25 << losses) }
                } else if reason.isDuplicate, !hasSeenDuplicate, mode == .write {
                    hasSeenDuplicate = true
                } else if reason.isStalePlan {
                    conflicts += 1
                    if conflicts >= 3 { throw reason.databaseError }
                    try connection?.forgetStatements()
                } else {
                    throw translated
                }
            }
        }
    }

    /// Runs `body` while this connection holds the lock `key`, which every node asks for.
    func withAdvisoryLock<T>(_ key: Int64, _ body: () throws -> T) throws -> T {
        try connected().control("SELECT pg_advisory_lock(\(key))")
        defer { _ = try? connection?.control("SELECT pg_advisory_unlock(\(key))") }
        return try body()
    }

    func close() { connection = nil }

    /// Runs `body` once, and commits.
    private func attempt<T>(_ mode: Mode, _ body: (any SQLConnection) throws -> T) throws -> T {
        failure = nil
        let connection = try connected()
        if connection.hasTooManyStatements { try connection.forgetStatements() }
        try connection.control(mode.rawValue)
        let value = try body(self)
        if let failure { throw failure }
        do {
            // A failed transaction answers COMMIT with ROLLBACK, and no error.
            let tag = try connection.control("COMMIT")
            guard tag == "COMMIT" else { throw DatabaseError.failed("PostgreSQL has rolled a transaction back.") }
        } catch let error as PostgresError where error.isConnectionLost && mode != .read {
            self.connection = nil
            throw UnknownOutcome(reason: error)
        }
        return value
    }

    /// Makes the connection fit for the next transaction, or drops it.
    private func recover() {
        guard let connection, connection.isInTransaction else { return }
        do {
            try connection.control("ROLLBACK")
        } catch {
            self.connection = nil
        }
    }

    private func connected() throws -> PostgresConnection {
        if let connection { return connection }
        let new = try PostgresConnection(configuration)
        connection = new
        return new
    }

    private func checked<R>(_ body: (PostgresConnection) throws -> R) throws -> R {
        guard failure == nil, let connection else {
            throw DatabaseError.failed("An earlier statement of this transaction has failed.")
        }
        do {
            return try body(connection)
        } catch {
            failure = error
            // Closures see the error that `Database` promises; the session keeps what it needs to decide about another run.
            throw (error as? PostgresError)?.databaseError ?? error
        }
    }

    /// Between half and all of the time, so that those who met once do not meet again.
    private func pause(milliseconds: Int) {
        usleep(UInt32(Double.random(in: 0.5...1) * Double(milliseconds) * 1000))
    }
}

/// The connection was lost while a COMMIT was under way: it may or may not have taken place, so it must not be run again.
private struct UnknownOutcome: Error {
    var reason: PostgresError
    var databaseError: DatabaseError {
        .failed(
            "The connection to PostgreSQL was lost during a commit; whether it took place is unknown: \(reason.message)"
        )
    }
}

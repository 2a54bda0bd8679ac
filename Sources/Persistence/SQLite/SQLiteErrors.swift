import Foundation
import GRDB
import GRDBSQLite

extension DatabaseError {
    /// What calls get after `close`.
    static let closed = DatabaseError.failed("The database is closed.")

    /// PostgreSQL can't store a NUL character in text, and SQLite's own functions stop at one: neither engine takes it.
    static func checkText(_ text: String) throws {
        if text.utf8.contains(0) { throw DatabaseError.failed("Text with a NUL character can't be stored.") }
    }

    /// The error that `connection` has just had.
    init(sqlite connection: OpaquePointer, code: Int32) {
        // SQLite does not note the system's error of a failed commit.
        let last = errno
        let noted = sqlite3_system_errno(connection)
        let message = String(cString: sqlite3_errmsg(connection))
        self.init(
            sqliteCode: code, message: message, systemError: noted == 0 && code & 0xff == SQLITE_IOERR ? last : noted)
    }

    /// An error of GRDB, or one that is translated already.
    init(sqlite error: any Error) {
        switch error {
        case let error as DatabaseError: self = error
        case let error as GRDB.DatabaseError:
            self.init(
                sqliteCode: error.extendedResultCode.rawValue,
                message: error.message ?? "SQLite error \(error.extendedResultCode.rawValue)", systemError: 0)
        default: self = .failed("\(error)")
        }
    }

    private init(sqliteCode code: Int32, message: String, systemError: Int32) {
        switch code & 0xff {
        case SQLITE_CONSTRAINT: self = .constraint(message)
        case SQLITE_FULL: self = .diskFull
        case SQLITE_IOERR where [ENOSPC, EDQUOT, EFBIG].contains(systemError): self = .diskFull
        case SQLITE_CORRUPT, SQLITE_NOTADB: self = .failed("The database file is damaged, or is none: \(message)")
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_CANTOPEN:
            let reason = systemError == 0 ? "" : " (\(String(cString: strerror(systemError))))"
            self = .failed("The database file can't be opened for writing: \(message)\(reason)")
        default:
            let reason = systemError == 0 ? "" : ": \(String(cString: strerror(systemError)))"
            self = .failed("\(message)\(reason) (SQLite error \(code))")
        }
    }
}

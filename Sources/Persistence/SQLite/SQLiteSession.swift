import Foundation
import GRDB
import GRDBSQLite

/// A connection to SQLite as a ``Database`` closure sees it, with its cache of prepared statements. Confined to one thread.
///
/// Values go straight to and from SQLite's C interface: GRDB would copy every blob into a `Data` on the way.
final class SQLiteSession: SQLConnection {
    let engine = SQLEngine.sqlite
    /// The first error since ``begin()`` of the closure. On PostgreSQL it would have ended the transaction, so it does here.
    private(set) var failure: DatabaseError?

    private let database: GRDB.Database
    private let handle: OpaquePointer
    private var statements: [String: Statement] = [:]
    private static let maximumStatements = 400
    /// From this size on, a blob or text is bound where it is instead of being copied by SQLite.
    private static let borrowedSize = 4096

    init(_ database: GRDB.Database) throws {
        guard let handle = database.sqliteConnection else { throw DatabaseError.closed }
        self.database = database
        self.handle = handle
    }

    /// Whether a transaction is open. SQLite closes one by itself after some errors, such as a full disk.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Runs a closure's work and answers its error; also if the closure has swallowed one of a statement.
    func run(_ body: (any SQLConnection) throws -> Void) -> (any Error)? {
        failure = nil
        do {
            try body(self)
            return failure
        } catch {
            return error
        }
    }

    func execute(_ sql: String, _ parameters: [SQLValue]) throws -> Int {
        try checked {
            let before = sqlite3_total_changes(handle)
            try run(sql, parameters) { _ in }
            return sqlite3_total_changes(handle) == before ? 0 : Int(sqlite3_changes(handle))
        }
    }

    func query(_ sql: String, _ parameters: [SQLValue]) throws -> [SQLRow] {
        try checked {
            var rows: [SQLRow] = []
            try run(sql, parameters) { statement in
                rows.append(SQLRow((0..<sqlite3_column_count(statement)).map { Self.value(statement, $0) }))
            }
            return rows
        }
    }

    /// Runs a statement of our own (`BEGIN`, `COMMIT` …), whatever has failed before.
    func control(_ sql: String) throws { try run(sql, []) { _ in } }

    /// Finalises the cached statements.
    func clear() { statements = [:] }

    private func checked<R>(_ body: () throws -> R) throws -> R {
        if failure != nil { throw DatabaseError.failed("An earlier statement of this transaction has failed.") }
        do {
            return try body()
        } catch {
            failure = DatabaseError(sqlite: error)
            throw failure ?? error
        }
    }

    private func run(_ sql: String, _ parameters: [SQLValue], _ row: (OpaquePointer) -> Void) throws {
        let statement = try prepare(sql)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        let expected = Int(sqlite3_bind_parameter_count(statement))
        if expected != parameters.count {
            throw DatabaseError.failed("A statement has \(expected) parameters and was given \(parameters.count).")
        }
        try bind(parameters[...], to: statement) {
            while true {
                let code = sqlite3_step(statement)
                if code == SQLITE_DONE { return }
                guard code == SQLITE_ROW else { throw DatabaseError(sqlite: handle, code: code) }
                row(statement)
            }
        }
    }

    private func prepare(_ sql: String) throws -> OpaquePointer {
        if let statement = statements[sql] { return statement.sqliteStatement }
        let statement: Statement
        do {
            statement = try database.makeStatement(sql: sql)
        } catch {
            throw DatabaseError(sqlite: error)
        }
        if statements.count >= Self.maximumStatements { statements = [:] }
        statements[sql] = statement
        return statement.sqliteStatement
    }

    /// Binds what is left of the parameters, then runs `body`. Large ones stay where they are meanwhile: one frame for each.
    private func bind(_ parameters: ArraySlice<SQLValue>, to statement: OpaquePointer, then body: () throws -> Void)
        throws
    {
        var code = SQLITE_OK
        for index in parameters.indices {
            let position = Int32(index + 1)
            switch parameters[index] {
            case .null: code = sqlite3_bind_null(statement, position)
            case .integer(let value): code = sqlite3_bind_int64(statement, position, value)
            case .real(let value): code = sqlite3_bind_double(statement, position, value)
            case .text(var value):
                try DatabaseError.checkText(value)
                // A null pointer would bind NULL, not the empty text.
                code = value.withUTF8 { bytes in
                    bytes.withMemoryRebound(to: CChar.self) { characters in
                        characters.isEmpty
                            ? sqlite3_bind_text64(statement, position, "", 0, Self.transient, UInt8(SQLITE_UTF8))
                            : sqlite3_bind_text64(
                                statement, position, characters.baseAddress, UInt64(characters.count), Self.transient,
                                UInt8(SQLITE_UTF8))
                    }
                }
            case .blob(let value) where value.count < Self.borrowedSize:
                code = value.withUnsafeBytes { bytes in
                    bytes.isEmpty
                        ? sqlite3_bind_zeroblob(statement, position, 0)
                        : sqlite3_bind_blob64(
                            statement, position, bytes.baseAddress, UInt64(bytes.count), Self.transient)
                }
            case .blob(let value):
                try value.withUnsafeBytes { bytes in
                    let code = sqlite3_bind_blob64(statement, position, bytes.baseAddress, UInt64(bytes.count), nil)
                    guard code == SQLITE_OK else { throw DatabaseError(sqlite: handle, code: code) }
                    try bind(parameters[(index + 1)...], to: statement, then: body)
                }
                return
            }
            guard code == SQLITE_OK else { throw DatabaseError(sqlite: handle, code: code) }
        }
        try body()
    }

    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private static func value(_ statement: OpaquePointer, _ column: Int32) -> SQLValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, column))
        case SQLITE_TEXT:
            guard let start = sqlite3_column_text(statement, column) else { return .text("") }
            let count = Int(sqlite3_column_bytes(statement, column))
            return .text(String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            guard let start = sqlite3_column_blob(statement, column) else { return .blob([]) }
            let count = Int(sqlite3_column_bytes(statement, column))
            return .blob([UInt8](UnsafeRawBufferPointer(start: start, count: count)))
        default: return .null
        }
    }
}

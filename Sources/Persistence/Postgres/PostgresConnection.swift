import CPostgres
import Foundation

/// One connection to the server, confined to its thread. Prepares each statement once.
final class PostgresConnection {
    /// What a statement answered.
    struct Answer {
        var rows: [SQLRow] = []
        /// Rows inserted, updated or deleted.
        var changes = 0
        /// The command's tag, such as `COMMIT`.
        var tag = ""
    }

    private struct Key: Hashable {
        var sql: String
        var types: [UInt32]
    }

    private let handle: OpaquePointer
    private var prepared: [Key: String] = [:]
    private var translated: [String: PostgresSQL] = [:]
    private var number = 0
    private static let maximumStatements = 300

    /// - Throws: ``PostgresError`` if the server can't be reached; ``DatabaseError`` if it is of no use.
    init(_ configuration: PostgresConfiguration) throws {
        if let reason = cpostgres_load() {
            throw DatabaseError.failed(
                "PostgreSQL needs its client library, libpq.so.5 (Debian: apt install libpq5): \(String(cString: reason))"
            )
        }
        // The later one of two settings wins, so the URL's own come before what must be, and after what may be.
        let settings: [(String, String)] = [
            ("fallback_application_name", "martlet"), ("connect_timeout", "10"), ("tcp_user_timeout", "30000"),
            ("dbname", configuration.url), ("client_encoding", "UTF8"),
        ]
        let opened = Self.withStrings(settings.map(\.0)) { names in
            Self.withStrings(settings.map(\.1)) { values in cpostgres_connect(names, values, 1) }
        }
        guard let opened else { throw DatabaseError.failed("There is no memory for a connection to PostgreSQL.") }
        handle = opened
        cpostgres_ignore_notices(handle)
        guard cpostgres_status(handle) == CPOSTGRES_CONNECTION_OK else {
            let message = Self.text(cpostgres_error_message(handle)) ?? "no reason given"
            throw PostgresError(state: "", message: "PostgreSQL can't be reached: \(message)", isConnectionLost: true)
        }
        let encoding = Self.text(cpostgres_parameter_status(handle, "server_encoding")) ?? "?"
        guard encoding == "UTF8" else {
            throw DatabaseError.failed("The PostgreSQL database is encoded in \(encoding); Martlet needs one in UTF8.")
        }
        guard cpostgres_server_version(handle) >= 120_000 else {
            throw DatabaseError.failed("Martlet needs PostgreSQL 12 or newer.")
        }
        try control("SET search_path = \"\(configuration.schema)\"")
        // Small tables would be scanned, and a scan conflicts with every write to the table. The scans that remain have a
        // cost that would start the JIT compiler.
        try control("SET enable_seqscan = off")
        try control("SET jit = off")
        switch configuration.durability {
        case .relaxed: try control("SET synchronous_commit = off")
        case .full:
            // Stronger settings of the server stay.
            try control(
                "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')"
            )
        }
    }

    deinit { cpostgres_finish(handle) }

    /// Whether a transaction is open, or has failed and waits for its end.
    var isInTransaction: Bool { cpostgres_transaction_status(handle) != CPOSTGRES_TRANSACTION_IDLE }

    /// Runs a statement of our own without parameters (`BEGIN`, `COMMIT` …).
    /// - Returns: the command's tag.
    @discardableResult
    func control(_ sql: String) throws -> String { try answer(cpostgres_exec(handle, sql), hasRows: false).tag }

    /// Runs one statement of a store.
    func run(_ sql: String, _ values: [SQLValue]) throws -> Answer {
        let statement = translated[sql] ?? PostgresSQL(sql)
        translated[sql] = statement
        if statement.parameterCount != values.count {
            throw DatabaseError.failed(
                "A statement has \(statement.parameterCount) parameters and was given \(values.count).")
        }
        let parameters = PostgresParameters(values: values)
        return try parameters.withPointers { pointers, lengths in
            let name = try prepare(statement, parameters.types)
            let formats = [Int32](repeating: 1, count: values.count)
            return try answer(
                cpostgres_exec_prepared(handle, name, Int32(values.count), pointers, lengths, formats, 1), hasRows: true
            )
        }
    }

    /// Forgets what is prepared. Not inside a failed transaction.
    func forgetStatements() throws {
        prepared = [:]
        translated = [:]
        try control("DEALLOCATE ALL")
    }

    var hasTooManyStatements: Bool { prepared.count > Self.maximumStatements }

    private func prepare(_ statement: PostgresSQL, _ types: [UInt32]) throws -> String {
        let key = Key(sql: statement.text, types: types)
        if let name = prepared[key] { return name }
        number += 1
        let name = "s\(number)"
        _ = try answer(cpostgres_prepare(handle, name, statement.text, Int32(types.count), types), hasRows: false)
        prepared[key] = name
        return name
    }

    private func answer(_ result: OpaquePointer?, hasRows: Bool) throws -> Answer {
        guard let result else { throw failure(nil) }
        defer { cpostgres_clear(result) }
        let status = cpostgres_result_status(result)
        guard status == CPOSTGRES_COMMAND_OK || status == CPOSTGRES_TUPLES_OK else { throw failure(result) }
        var answer = Answer(tag: Self.text(cpostgres_command_status(result)) ?? "")
        guard hasRows else { return answer }
        if !answer.tag.hasPrefix("SELECT") {
            answer.changes = Self.text(cpostgres_command_tuples(result)).flatMap(Int.init) ?? 0
        }
        let types = (0..<cpostgres_columns(result)).map { cpostgres_column_type(result, $0) }
        answer.rows = try (0..<cpostgres_rows(result)).map { row in
            SQLRow(
                try types.enumerated().map { index, type in
                    let column = Int32(index)
                    if cpostgres_is_null(result, row, column) != 0 { return .null }
                    let bytes = UnsafeRawBufferPointer(
                        start: cpostgres_value(result, row, column), count: Int(cpostgres_length(result, row, column)))
                    return try PostgresType.decode(type, bytes)
                })
        }
        return answer
    }

    private func failure(_ result: OpaquePointer?) -> PostgresError {
        let state = Self.text(cpostgres_result_error_field(result, Int32(CPOSTGRES_FIELD_SQLSTATE))) ?? ""
        let message =
            Self.text(cpostgres_result_error_field(result, Int32(CPOSTGRES_FIELD_MESSAGE)))
            ?? Self.text(cpostgres_error_message(handle)) ?? "The server gave no reason."
        let isLost =
            cpostgres_status(handle) != CPOSTGRES_CONNECTION_OK || state.hasPrefix("57P0") || state.hasPrefix("08")
        return PostgresError(state: state, message: message, isConnectionLost: isLost)
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
        pointer.map { String(cString: $0).trimmingCharacters(in: .whitespacesAndNewlines) }
    }

    /// Calls `body` with the C strings and a null pointer at the end.
    private static func withStrings<R>(_ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> R) -> R {
        func next(_ rest: ArraySlice<String>, _ pointers: [UnsafePointer<CChar>?]) -> R {
            guard let first = rest.first else { return body(pointers + [nil]) }
            return first.withCString { next(rest.dropFirst(), pointers + [$0]) }
        }
        return next(strings[...], [])
    }
}

/// Where the server is, and how it is used.
struct PostgresConfiguration: Sendable {
    var url: String
    var schema: String
    var durability: Durability
}

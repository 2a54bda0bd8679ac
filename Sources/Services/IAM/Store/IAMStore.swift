import Persistence

/// IAM's rows. A closure sees one account's, inside one transaction.
struct IAMStore: Sendable {
    private let database: any Database

    init(_ database: any Database) { self.database = database }

    func read<T: Sendable>(_ account: String, _ body: @escaping @Sendable (IAMRows) throws -> T) async throws -> T {
        try await database.read { try body(IAMRows(connection: $0, account: account)) }
    }

    /// Runs `body` perhaps more than once.
    @discardableResult
    func write<T: Sendable>(_ account: String, _ body: @escaping @Sendable (IAMRows) throws -> T) async throws -> T {
        try await database.write { try body(IAMRows(connection: $0, account: account)) }
    }
}

/// One account's rows inside a transaction.
struct IAMRows {
    let connection: any SQLConnection
    let account: String

    /// The condition that a column begins with a prefix, with its parameter.
    func begins(_ column: String, with prefix: String?) -> (sql: String, parameters: [SQLValue]) {
        guard let prefix, !prefix.isEmpty else { return ("", []) }
        return (" AND substr(\(column), 1, \(prefix.unicodeScalars.count)) = ?", [.text(prefix)])
    }

    func count(_ sql: String, _ parameters: [SQLValue]) throws -> Int {
        Int(try connection.first(sql, parameters)?.integer(0) ?? 0)
    }
}

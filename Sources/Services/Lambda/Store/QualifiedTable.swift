import Persistence

/// A table with a row for each of some functions' versions and aliases, or, with an empty qualifier, for functions themselves.
struct QualifiedTable: Sendable {
    var name: String
    /// The first four are those of ``keys``.
    var columns: String

    static let keys = "account, region, name, qualifier"

    var select: String { "SELECT \(columns) FROM \(name)" }
}

extension LambdaTransaction {
    func row(_ table: QualifiedTable, _ key: FunctionKey, _ qualifier: String) throws -> SQLRow? {
        try connection.first(
            "\(table.select) WHERE account = ? AND region = ? AND name = ? AND qualifier = ?",
            parameters(key) + [.text(qualifier)])
    }

    /// A function's, by qualifier.
    func rows(_ table: QualifiedTable, _ key: FunctionKey, after qualifier: String?, limit: Int) throws -> [SQLRow] {
        let filter = qualifier == nil ? "" : " AND qualifier > ?"
        return try connection.query(
            "\(table.select) WHERE account = ? AND region = ? AND name = ?\(filter) ORDER BY qualifier LIMIT ?",
            parameters(key) + (qualifier.map { [.text($0)] } ?? []) + [.integer(Int64(limit))])
    }

    /// Those of functions that are in the order of their keys, for the catalogue.
    func rows(_ table: QualifiedTable, of functions: [FunctionRecord]) throws -> [FunctionKey: [SQLRow]] {
        guard let first = functions.first?.key, let last = functions.last?.key else { return [:] }
        let rows = try connection.query(
            "\(table.select) WHERE (account, region, name) >= (?, ?, ?) AND (account, region, name) <= (?, ?, ?)",
            parameters(first) + parameters(last))
        return Dictionary(grouping: rows, by: FunctionKey.init)
    }

    /// - Returns: whether there was one.
    @discardableResult
    func delete(_ table: QualifiedTable, _ key: FunctionKey, _ qualifier: String) throws -> Bool {
        try connection.execute(
            "DELETE FROM \(table.name) WHERE account = ? AND region = ? AND name = ? AND qualifier = ?",
            parameters(key) + [.text(qualifier)]) > 0
    }
}

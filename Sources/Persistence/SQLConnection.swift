/// The engines a store's SQL must run on.
public enum SQLEngine: Sendable { case sqlite, postgres }

/// Runs statements inside a ``Database`` closure; valid only there. Parameters are `?` on both engines.
///
/// Common SQL: `TEXT`, `BIGINT`, `BLOB` (translated to `BYTEA`), `DOUBLE PRECISION`, `INSERT … ON CONFLICT … DO UPDATE/NOTHING`,
/// `RETURNING`, row values, `LIMIT`. Text compares by bytes on both.
public protocol SQLConnection {
    var engine: SQLEngine { get }
    /// Runs one statement.
    /// - Returns: the number of rows it changed.
    @discardableResult
    func execute(_ sql: String, _ parameters: [SQLValue]) throws -> Int
    /// Runs one statement that returns rows.
    func query(_ sql: String, _ parameters: [SQLValue]) throws -> [SQLRow]
}

extension SQLConnection {
    @discardableResult
    public func execute(_ sql: String) throws -> Int { try execute(sql, []) }
    public func query(_ sql: String) throws -> [SQLRow] { try query(sql, []) }
    /// The first row, nil if there is none.
    public func first(_ sql: String, _ parameters: [SQLValue] = []) throws -> SQLRow? {
        try query(sql, parameters).first
    }
}

/// The database: one of two engines behind one way to use it.
///
/// Closures run synchronously on the engine's own threads, never on the cooperative pool. A `write` closure may run more than once
/// (a serialisation failure, a group's roll-back), so it must do nothing but SQL. What it throws rolls back its own
/// statements and no other's, and is thrown to the caller. `write` returns after the commit is durable.
///
/// A statement that fails ends its transaction on both engines: the closure's later statements fail too, and if it returns
/// nevertheless, the first error is thrown. To try an insert, use `ON CONFLICT`.
public protocol Database: Sendable {
    var engine: SQLEngine { get }
    /// Creates or upgrades the schema.
    /// - Throws: ``DatabaseError/newerSchema(_:)`` if the data was written by a newer version.
    func migrate(_ migrations: [Migration]) async throws
    func read<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T
    @discardableResult
    func write<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T
    /// Deletes every row of every store's tables (the schema stays).
    func eraseAll() async throws
    func close() async throws
}

public enum DatabaseError: Error, Sendable, Hashable {
    /// A constraint (unique key, foreign key) was violated.
    case constraint(String)
    /// The schema is newer than this version knows.
    case newerSchema(String)
    /// No space is left on the device.
    case diskFull
    /// Another process has the data folder open.
    case inUse(String)
    case failed(String)
}

extension DatabaseError: CustomStringConvertible {
    /// A plain sentence for the user.
    public var description: String {
        switch self {
        case .constraint(let text): "A rule of the database was violated: \(text)"
        case .newerSchema(let text), .inUse(let text), .failed(let text): text
        case .diskFull: "No space is left on the device that holds the data."
        }
    }
}

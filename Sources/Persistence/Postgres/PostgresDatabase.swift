/// PostgreSQL, shared by several nodes.
public final class PostgresDatabase: Database {
    public var engine: SQLEngine { .postgres }
    private static let unsupported = DatabaseError.failed("This version of Martlet can't use PostgreSQL.")
    public init(url: String, durability: Durability = .full, schema: String = "martlet") throws { throw Self.unsupported }
    public func migrate(_ migrations: [Migration]) async throws { throw Self.unsupported }
    public func read<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        throw Self.unsupported
    }
    @discardableResult
    public func write<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        throw Self.unsupported
    }
    public func eraseAll() async throws { throw Self.unsupported }
    public func close() async throws {}
}

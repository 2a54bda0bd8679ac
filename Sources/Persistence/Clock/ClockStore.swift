import ServiceModel

/// By how much somebody has moved the clock: what is due by a moved clock stays due after a restart.
public struct ClockStore: Sendable {
    public static let migrations = [
        Migration(
            store: "clock", version: 1,
            statements: ["CREATE TABLE clock (name TEXT PRIMARY KEY, offset_milliseconds BIGINT NOT NULL)"])
    ]

    private let database: any Database

    public init(database: any Database) { self.database = database }

    /// Zero unless somebody has moved it.
    public func offset() async throws -> Duration {
        let row = try await database.read { try $0.first("SELECT offset_milliseconds FROM clock WHERE name = 'clock'") }
        return .milliseconds(row?.integer(0) ?? 0)
    }

    public func setOffset(_ offset: Duration) async throws {
        let (seconds, attoseconds) = offset.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        try await database.write { connection in
            try connection.execute(
                """
                INSERT INTO clock (name, offset_milliseconds) VALUES ('clock', ?)
                ON CONFLICT (name) DO UPDATE SET offset_milliseconds = excluded.offset_milliseconds
                """, [.integer(milliseconds)])
        }
    }
}

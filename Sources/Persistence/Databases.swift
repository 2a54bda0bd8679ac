/// Opens the database that the user chose.
public enum Databases {
    /// Opens the database; it connects, or creates the file, but makes no schema.
    /// - Parameters:
    ///   - url: `postgres://…` or `postgresql://…`; nil is SQLite in the data folder.
    ///   - folder: where SQLite's file is; not needed for `ephemeral` and PostgreSQL.
    ///   - durability: when a write counts as done.
    ///   - ephemeral: everything is in memory, and gone at the end.
    /// - Returns: the database, to be migrated next.
    /// - Throws: ``DatabaseError``.
    public static func open(
        url: String? = nil, folder: DataFolder?, durability: Durability = .full, ephemeral: Bool = false
    )
        throws -> any Database
    {
        if let url, !url.isEmpty {
            let scheme = url.prefix { $0 != ":" }.lowercased()
            guard scheme == "postgres" || scheme == "postgresql" else {
                throw DatabaseError.failed(
                    "The database URL must begin with postgres:// (without one, SQLite is used).")
            }
            if ephemeral {
                throw DatabaseError.failed(
                    "--ephemeral keeps everything in memory: it can't be combined with --database.")
            }
            return try PostgresDatabase(url: url, durability: durability)
        }
        if ephemeral { return try SQLiteDatabase(path: nil, durability: .relaxed) }
        guard let folder else { throw DatabaseError.failed("SQLite needs a data folder.") }
        return try SQLiteDatabase(path: folder.database, durability: durability)
    }
}

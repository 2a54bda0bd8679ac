import Persistence

extension LambdaTransaction {
    private static let columns =
        "account, region, name, alias, version, description, second_version, second_weight, revision_id"
    private static let select = "SELECT \(columns) FROM lambda_aliases"

    func alias(_ key: FunctionKey, _ name: String) throws -> AliasRecord? {
        try connection.first(
            "\(Self.select) WHERE account = ? AND region = ? AND name = ? AND alias = ?",
            parameters(key) + [.text(name)]
        ).map(alias)
    }

    /// All aliases, by name.
    func aliases(_ key: FunctionKey) throws -> [AliasRecord] {
        try connection.query(
            "\(Self.select) WHERE account = ? AND region = ? AND name = ? ORDER BY alias", parameters(key)
        ).map(alias)
    }

    /// A page of aliases by name; with a version, only of those that refer to it.
    func aliases(_ key: FunctionKey, version: String?, after name: String?, limit: Int) throws -> [AliasRecord] {
        let filter = version == nil ? "" : " AND (version = ? OR second_version = ?)"
        return try connection.query(
            """
            \(Self.select) WHERE account = ? AND region = ? AND name = ? AND alias > ?\(filter)
            ORDER BY alias LIMIT ?
            """,
            parameters(key) + [.text(name ?? "")] + (version.map { [.text($0), .text($0)] } ?? [])
                + [.integer(Int64(limit))]
        ).map(alias)
    }

    /// A page of everything there is, to fill the catalogue at start.
    func everyAlias(from first: FunctionKey, through last: FunctionKey) throws -> [AliasRecord] {
        try connection.query(
            """
            \(Self.select) WHERE (account, region, name) >= (?, ?, ?) AND (account, region, name) <= (?, ?, ?)
            """, parameters(first) + parameters(last)
        ).map(alias)
    }

    /// Inserts the alias, or replaces the one of its name.
    func save(_ alias: AliasRecord) throws {
        try connection.execute(
            """
            INSERT INTO lambda_aliases (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (account, region, name, alias) DO UPDATE SET
                version = excluded.version, description = excluded.description,
                second_version = excluded.second_version, second_weight = excluded.second_weight,
                revision_id = excluded.revision_id
            """,
            parameters(alias.key) + [
                .text(alias.name), .text(alias.version), .text(alias.description), SQLValue(alias.routing?.version),
                alias.routing.map { .real($0.weight) } ?? .null, .text(alias.revisionID),
            ])
    }

    /// - Returns: whether there was one.
    func deleteAlias(_ key: FunctionKey, _ name: String) throws -> Bool {
        try connection.execute(
            "DELETE FROM lambda_aliases WHERE account = ? AND region = ? AND name = ? AND alias = ?",
            parameters(key) + [.text(name)]) > 0
    }

    private func alias(_ row: SQLRow) -> AliasRecord {
        AliasRecord(
            key: FunctionKey(row),
            name: row.text(3) ?? "", version: row.text(4) ?? "", description: row.text(5) ?? "",
            routing: row.text(6).map { AliasRouting(version: $0, weight: row.real(7) ?? 0) },
            revisionID: row.text(8) ?? "")
    }
}

import Persistence
import ServiceModel

extension LambdaTransaction {
    private static let columns = "account, region, id, description, publishers, policy, last_modified"

    private func parameters(_ key: CodeSigningKey) -> [SQLValue] {
        [.text(key.account), .text(key.region), .text(key.id)]
    }

    func codeSigning(_ key: CodeSigningKey) throws -> CodeSigningRecord? {
        try connection.first(
            """
            SELECT \(Self.columns) FROM lambda_code_signing_configs WHERE account = ? AND region = ? AND id = ?
            """, parameters(key)
        ).map(codeSigning)
    }

    /// A page of an account's configurations, by id.
    func codeSignings(account: String, region: String, after id: String?, limit: Int) throws -> [CodeSigningRecord] {
        try connection.query(
            """
            SELECT \(Self.columns) FROM lambda_code_signing_configs
            WHERE account = ? AND region = ? AND id > ? ORDER BY id LIMIT ?
            """, [.text(account), .text(region), .text(id ?? ""), .integer(Int64(limit))]
        ).map(codeSigning)
    }

    /// Inserts the configuration, or replaces the one of its key.
    func save(_ record: CodeSigningRecord) throws {
        try connection.execute(
            """
            INSERT INTO lambda_code_signing_configs (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (account, region, id) DO UPDATE SET
                description = excluded.description, publishers = excluded.publishers, policy = excluded.policy,
                last_modified = excluded.last_modified
            """,
            parameters(record.key) + [
                .text(record.description), .text(try StoredDocument.text(record.publishers)),
                .text(record.policy.rawValue), .integer(record.lastModified.milliseconds),
            ])
    }

    func delete(_ record: CodeSigningRecord) throws {
        try connection.execute(
            "DELETE FROM lambda_code_signing_configs WHERE account = ? AND region = ? AND id = ?",
            parameters(record.key))
    }

    /// The names of the functions that have a configuration.
    func functions(signedBy key: CodeSigningKey, after name: String?, limit: Int) throws -> [String] {
        try connection.query(
            """
            SELECT name FROM lambda_functions WHERE account = ? AND region = ? AND code_signing = ? AND name > ?
            ORDER BY name LIMIT ?
            """, parameters(key) + [.text(name ?? ""), .integer(Int64(limit))]
        ).compactMap { $0.text(0) }
    }

    /// The configuration that a function has; nil if it has none.
    func codeSigning(of key: FunctionKey) throws -> CodeSigningRecord? {
        let row = try connection.first(
            "SELECT code_signing FROM lambda_functions WHERE account = ? AND region = ? AND name = ?", parameters(key))
        guard let id = row?.text(0) else { return nil }
        return try codeSigning(CodeSigningKey(account: key.account, region: key.region, id: id))
    }

    func setCodeSigning(of key: FunctionKey, _ config: CodeSigningKey?) throws {
        let changed = try connection.execute(
            "UPDATE lambda_functions SET code_signing = ? WHERE account = ? AND region = ? AND name = ?",
            [SQLValue(config?.id)] + parameters(key))
        guard changed == 1 else { throw LambdaFailures.functionNotFound(key.arn) }
    }

    private func codeSigning(_ row: SQLRow) throws -> CodeSigningRecord {
        CodeSigningRecord(
            key: CodeSigningKey(account: row.text(0) ?? "", region: row.text(1) ?? "", id: row.text(2) ?? ""),
            description: row.text(3) ?? "",
            publishers: try StoredDocument.value([String].self, row.text(4) ?? "[]"),
            policy: row.text(5).flatMap(CodeSigningRecord.Policy.init) ?? .warn,
            lastModified: Timestamp(milliseconds: row.integer(6) ?? 0))
    }
}

import Persistence
import ServiceModel

extension LambdaTransaction {
    private static let table = QualifiedTable(
        name: "lambda_provisioned", columns: "\(QualifiedTable.keys), requested, last_modified")

    /// The function's reserved concurrency; nil: it has none.
    func reservedConcurrency(_ key: FunctionKey) throws -> Int? {
        try connection.first(
            "SELECT reserved_concurrency FROM lambda_functions WHERE account = ? AND region = ? AND name = ?",
            parameters(key)
        )?.integer(0).map { Int($0) }
    }

    func setReservedConcurrency(_ key: FunctionKey, _ executions: Int?) throws {
        try connection.execute(
            "UPDATE lambda_functions SET reserved_concurrency = ? WHERE account = ? AND region = ? AND name = ?",
            [SQLValue(executions)] + parameters(key))
    }

    /// What is reserved for an account's functions; those of one name are left out.
    func reservedConcurrency(account: String, region: String, except name: String = "") throws -> Int {
        let row = try connection.first(
            """
            SELECT CAST(COALESCE(SUM(reserved_concurrency), 0) AS BIGINT) FROM lambda_functions
            WHERE account = ? AND region = ? AND name <> ?
            """, [.text(account), .text(region), .text(name)])
        return Int(row?.integer(0) ?? 0)
    }

    /// What is provisioned for those of an account's other functions that have nothing reserved.
    private func provisionedConcurrency(besides key: FunctionKey) throws -> Int {
        let row = try connection.first(
            """
            SELECT CAST(COALESCE(SUM(requested), 0) AS BIGINT) FROM lambda_provisioned
            WHERE account = ? AND region = ? AND name <> ? AND name NOT IN (
                SELECT name FROM lambda_functions
                WHERE account = ? AND region = ? AND reserved_concurrency IS NOT NULL)
            """,
            parameters(key) + [.text(key.account), .text(key.region)])
        return Int(row?.integer(0) ?? 0)
    }

    /// What the account has left for a function.
    func concurrencyQuota(for key: FunctionKey, limit: Int) throws -> ConcurrencyQuota {
        ConcurrencyQuota(
            limit: limit, reserved: try reservedConcurrency(account: key.account, region: key.region, except: key.name),
            provisioned: try provisionedConcurrency(besides: key))
    }

    // MARK: Provisioned concurrency

    func provisioned(_ key: FunctionKey, _ qualifier: String) throws -> ProvisionedRecord? {
        try row(Self.table, key, qualifier).map(provisioned)
    }

    /// A function's, by qualifier.
    func provisioned(_ key: FunctionKey, after qualifier: String? = nil, limit: Int = .max) throws
        -> [ProvisionedRecord]
    {
        try rows(Self.table, key, after: qualifier, limit: limit).map(provisioned)
    }

    /// Inserts the record, or replaces the one of its qualifier.
    func save(_ provisioned: ProvisionedRecord) throws {
        try connection.execute(
            """
            INSERT INTO \(Self.table.name) (\(Self.table.columns)) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (account, region, name, qualifier) DO UPDATE SET
                requested = excluded.requested, last_modified = excluded.last_modified
            """,
            parameters(provisioned.key) + [
                .text(provisioned.qualifier), SQLValue(provisioned.requested),
                .integer(provisioned.lastModified.milliseconds),
            ])
    }

    /// - Returns: whether there was one.
    @discardableResult
    func deleteProvisioned(_ key: FunctionKey, _ qualifier: String) throws -> Bool {
        try delete(Self.table, key, qualifier)
    }

    // MARK: The catalogue

    /// Completes functions with how their concurrency is configured.
    func addConcurrency(to functions: inout [FunctionRecord]) throws {
        guard let first = functions.first?.key, let last = functions.last?.key else { return }
        let reserved = try connection.query(
            """
            SELECT account, region, name, reserved_concurrency FROM lambda_functions
            WHERE reserved_concurrency IS NOT NULL
                AND (account, region, name) >= (?, ?, ?) AND (account, region, name) <= (?, ?, ?)
            """, parameters(first) + parameters(last))
        let provisioned = try rows(Self.table, of: functions)
        guard !reserved.isEmpty || !provisioned.isEmpty else { return }
        let reservations = Dictionary(
            reserved.map { (FunctionKey($0), Int($0.integer(3) ?? 0)) }, uniquingKeysWith: { $1 })
        for index in functions.indices {
            let key = functions[index].key
            functions[index].reservedConcurrency = reservations[key]
            functions[index].provisioned = Dictionary(
                (provisioned[key] ?? []).map(self.provisioned).map { ($0.qualifier, $0) }, uniquingKeysWith: { $1 })
        }
    }

    private func provisioned(_ row: SQLRow) -> ProvisionedRecord {
        ProvisionedRecord(
            key: FunctionKey(row), qualifier: row.text(3) ?? "", requested: Int(row.integer(4) ?? 0),
            lastModified: Timestamp(milliseconds: row.integer(5) ?? 0))
    }
}

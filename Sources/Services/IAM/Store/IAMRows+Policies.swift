import Persistence
import ServiceKit
import ServiceModel

extension IAMRows {
    private static let columns = "name, path, id, description, default_version, last_version, created, updated"

    private func policy(_ row: SQLRow) -> PolicyRecord {
        PolicyRecord(
            account: account, name: row.text(0) ?? "", path: row.text(1) ?? "/", id: row.text(2) ?? "",
            description: row.text(3),
            defaultVersion: Int(row.integer(4) ?? 1), lastVersion: Int(row.integer(5) ?? 1),
            created: Timestamp(milliseconds: row.integer(6) ?? 0), updated: Timestamp(milliseconds: row.integer(7) ?? 0)
        )
    }

    /// The policy that an ARN of this account names; its path and the case of its name must be right.
    func findPolicy(path: String, name: String) throws -> PolicyRecord? {
        let row = try connection.first(
            "SELECT \(Self.columns) FROM iam_policies WHERE account = ? AND folded = ? AND name = ? AND path = ?",
            [.text(account), .text(name.lowercased()), .text(name), .text(path)])
        return row.map(policy)
    }

    /// The account's policies, by name.
    func policies(pathPrefix: String?) throws -> [PolicyRecord] {
        let path = begins("path", with: pathPrefix)
        return try connection.query(
            "SELECT \(Self.columns) FROM iam_policies WHERE account = ?\(path.sql) ORDER BY folded",
            [.text(account)] + path.parameters
        ).map(policy)
    }

    func policyCount() throws -> Int {
        try count("SELECT COUNT(*) FROM iam_policies WHERE account = ?", [.text(account)])
    }

    /// - Returns: false if there is one of this name, on whatever path.
    func insert(_ policy: PolicyRecord) throws -> Bool {
        try connection.execute(
            """
            INSERT INTO iam_policies (account, folded, \(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
            ON CONFLICT (account, folded) DO NOTHING
            """,
            [
                .text(account), .text(policy.name.lowercased()), .text(policy.name), .text(policy.path),
                .text(policy.id),
                SQLValue(policy.description), SQLValue(policy.defaultVersion), SQLValue(policy.lastVersion),
                .integer(policy.created.milliseconds), .integer(policy.updated.milliseconds),
            ]) == 1
    }

    /// Writes what can change of a policy.
    func update(_ policy: PolicyRecord) throws {
        try connection.execute(
            "UPDATE iam_policies SET default_version = ?, last_version = ?, updated = ? WHERE account = ? AND folded = ?",
            [
                SQLValue(policy.defaultVersion), SQLValue(policy.lastVersion), .integer(policy.updated.milliseconds),
                .text(account),
                .text(policy.name.lowercased()),
            ])
    }

    /// Deletes a policy with its versions and tags.
    func delete(_ policy: PolicyRecord) throws {
        let key: [SQLValue] = [.text(account), .text(policy.name.lowercased())]
        try connection.execute("DELETE FROM iam_policy_versions WHERE account = ? AND policy = ?", key)
        try connection.execute("DELETE FROM iam_policies WHERE account = ? AND folded = ?", key)
        try replaceTags([], of: .policy(policy.name))
    }

    // MARK: Versions

    /// The versions of a policy, the newest first.
    func versions(of policy: PolicyRecord) throws -> [PolicyVersionRecord] {
        try connection.query(
            "SELECT version, document, created FROM iam_policy_versions WHERE account = ? AND policy = ? ORDER BY version DESC",
            [.text(account), .text(policy.name.lowercased())]
        ).map {
            PolicyVersionRecord(
                number: Int($0.integer(0) ?? 0), document: $0.text(1) ?? "",
                created: Timestamp(milliseconds: $0.integer(2) ?? 0))
        }
    }

    func insert(_ version: PolicyVersionRecord, of policy: PolicyRecord) throws {
        try connection.execute(
            "INSERT INTO iam_policy_versions (account, policy, version, document, created) VALUES (?, ?, ?, ?, ?)",
            [
                .text(account), .text(policy.name.lowercased()), SQLValue(version.number), .text(version.document),
                .integer(version.created.milliseconds),
            ])
    }

    func delete(version: Int, of policy: PolicyRecord) throws {
        try connection.execute(
            "DELETE FROM iam_policy_versions WHERE account = ? AND policy = ? AND version = ?",
            [.text(account), .text(policy.name.lowercased()), SQLValue(version)])
    }

    // MARK: Use

    /// How many roles have the policy attached.
    func attachmentCount(_ arn: String) throws -> Int {
        try count("SELECT COUNT(*) FROM iam_attachments WHERE account = ? AND arn = ?", [.text(account), .text(arn)])
    }

    /// How many roles have the policy as their permissions boundary.
    func boundaryCount(_ arn: String) throws -> Int {
        try count("SELECT COUNT(*) FROM iam_roles WHERE account = ? AND boundary = ?", [.text(account), .text(arn)])
    }

    /// How often each policy is attached, by ARN.
    func attachmentCounts() throws -> [String: Int] {
        try counts("SELECT arn, COUNT(*) FROM iam_attachments WHERE account = ? GROUP BY arn")
    }

    /// How often each policy is a permissions boundary, by ARN.
    func boundaryCounts() throws -> [String: Int] {
        try counts(
            "SELECT boundary, COUNT(*) FROM iam_roles WHERE account = ? AND boundary IS NOT NULL GROUP BY boundary")
    }

    private func counts(_ sql: String) throws -> [String: Int] {
        let rows = try connection.query(sql, [.text(account)])
        return Dictionary(rows.map { ($0.text(0) ?? "", Int($0.integer(1) ?? 0)) }, uniquingKeysWith: +)
    }

    /// The roles that have a policy attached, by name.
    func roles(attached arn: String, pathPrefix: String?) throws -> [(name: String, id: String)] {
        let path = begins("r.path", with: pathPrefix)
        return try connection.query(
            """
            SELECT r.name, r.id FROM iam_attachments a JOIN iam_roles r ON r.account = a.account AND r.folded = a.role \
            WHERE a.account = ? AND a.arn = ?\(path.sql) ORDER BY r.folded
            """,
            [.text(account), .text(arn)] + path.parameters
        ).map { ($0.text(0) ?? "", $0.text(1) ?? "") }
    }

    /// The roles that a policy is the permissions boundary of, by name.
    func roles(boundedBy arn: String, pathPrefix: String?) throws -> [(name: String, id: String)] {
        let path = begins("path", with: pathPrefix)
        return try connection.query(
            "SELECT name, id FROM iam_roles WHERE account = ? AND boundary = ?\(path.sql) ORDER BY folded",
            [.text(account), .text(arn)] + path.parameters
        ).map { ($0.text(0) ?? "", $0.text(1) ?? "") }
    }
}

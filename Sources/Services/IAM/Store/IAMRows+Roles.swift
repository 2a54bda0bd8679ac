import Persistence
import ServiceKit
import ServiceModel

extension IAMRows {
    private static let columns = """
        name, path, id, trust_policy, description, max_session, boundary, linked_service, created, last_used, last_used_region
        """

    private func role(_ row: SQLRow) -> RoleRecord {
        RoleRecord(
            account: account, name: row.text(0) ?? "", path: row.text(1) ?? "/", id: row.text(2) ?? "",
            trustPolicy: row.text(3) ?? "",
            description: row.text(4), maxSessionDuration: Int(row.integer(5) ?? 3600), permissionsBoundary: row.text(6),
            linkedService: row.text(7), created: Timestamp(milliseconds: row.integer(8) ?? 0),
            lastUsed: row.integer(9).map(Timestamp.init(milliseconds:)), lastUsedRegion: row.text(10))
    }

    func findRole(_ name: String) throws -> RoleRecord? {
        try connection.first(
            "SELECT \(Self.columns) FROM iam_roles WHERE account = ? AND folded = ?",
            [.text(account), .text(name.lowercased())]
        ).map(role)
    }

    /// - Throws: `NoSuchEntity`.
    func role(_ name: String) throws -> RoleRecord {
        guard let role = try findRole(name) else { throw AWSError.noSuchRole(name) }
        return role
    }

    /// A role that the caller wants to change.
    /// - Throws: `NoSuchEntity`; `UnmodifiableEntity` if it belongs to a service.
    func changeableRole(_ name: String) throws -> RoleRecord {
        let role = try role(name)
        if role.linkedService != nil { throw AWSError.protectedRole(role.name) }
        return role
    }

    func roles(pathPrefix: String?, after name: String?, limit: Int) throws -> [RoleRecord] {
        let path = begins("path", with: pathPrefix)
        return try connection.query(
            "SELECT \(Self.columns) FROM iam_roles WHERE account = ? AND folded > ?\(path.sql) ORDER BY folded LIMIT \(limit)",
            [.text(account), .text(name ?? "")] + path.parameters
        ).map(role)
    }

    func roleCount() throws -> Int { try count("SELECT COUNT(*) FROM iam_roles WHERE account = ?", [.text(account)]) }

    /// - Returns: false if there is one of this name.
    func insert(_ role: RoleRecord) throws -> Bool {
        let created: SQLValue = .integer(role.created.milliseconds)
        return try connection.execute(
            """
            INSERT INTO iam_roles (account, folded, \(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL) \
            ON CONFLICT (account, folded) DO NOTHING
            """,
            [
                .text(account), .text(role.name.lowercased()), .text(role.name), .text(role.path), .text(role.id),
                .text(role.trustPolicy), SQLValue(role.description), SQLValue(role.maxSessionDuration),
                SQLValue(role.permissionsBoundary), SQLValue(role.linkedService), created,
            ]) == 1
    }

    /// Writes what can change of a role.
    func update(_ role: RoleRecord) throws {
        try connection.execute(
            """
            UPDATE iam_roles SET trust_policy = ?, description = ?, max_session = ?, boundary = ?, last_used = ?, last_used_region = ? \
            WHERE account = ? AND folded = ?
            """,
            [
                .text(role.trustPolicy), SQLValue(role.description), SQLValue(role.maxSessionDuration),
                SQLValue(role.permissionsBoundary),
                SQLValue(role.lastUsed?.milliseconds), SQLValue(role.lastUsedRegion), .text(account),
                .text(role.name.lowercased()),
            ])
    }

    func delete(_ role: RoleRecord) throws {
        try connection.execute(
            "DELETE FROM iam_roles WHERE account = ? AND folded = ?", [.text(account), .text(role.name.lowercased())])
        try replaceTags([], of: .role(role.name))
    }

    // MARK: Deletions of service-linked roles

    func noteDeletion(_ task: String, at time: Timestamp) throws {
        try connection.execute(
            "INSERT INTO iam_role_deletions (account, task, ended) VALUES (?, ?, ?)",
            [.text(account), .text(task), .integer(time.milliseconds)])
    }

    func hasDeletion(_ task: String) throws -> Bool {
        try count(
            "SELECT COUNT(*) FROM iam_role_deletions WHERE account = ? AND task = ?", [.text(account), .text(task)])
            > 0
    }

    // MARK: Inline policies

    func inlinePolicy(_ name: String, of role: String) throws -> String? {
        try connection.first(
            "SELECT document FROM iam_role_policies WHERE account = ? AND role = ? AND name = ?",
            [.text(account), .text(role.lowercased()), .text(name)]
        )?.text(0)
    }

    func inlinePolicies(of role: String) throws -> [(name: String, document: String)] {
        try connection.query(
            "SELECT name, document FROM iam_role_policies WHERE account = ? AND role = ? ORDER BY name",
            [.text(account), .text(role.lowercased())]
        ).map { ($0.text(0) ?? "", $0.text(1) ?? "") }
    }

    func putInlinePolicy(_ name: String, _ document: String, of role: String) throws {
        try connection.execute(
            """
            INSERT INTO iam_role_policies (account, role, name, document) VALUES (?, ?, ?, ?) \
            ON CONFLICT (account, role, name) DO UPDATE SET document = excluded.document
            """,
            [.text(account), .text(role.lowercased()), .text(name), .text(document)])
    }

    /// - Returns: false if there is none.
    func deleteInlinePolicy(_ name: String, of role: String) throws -> Bool {
        try connection.execute(
            "DELETE FROM iam_role_policies WHERE account = ? AND role = ? AND name = ?",
            [.text(account), .text(role.lowercased()), .text(name)]) == 1
    }

    // MARK: Attached policies

    /// The ARNs and names of the managed policies that are attached to a role, by name.
    func attachments(of role: String) throws -> [(arn: String, name: String)] {
        try connection.query(
            "SELECT arn, name FROM iam_attachments WHERE account = ? AND role = ? ORDER BY name, arn",
            [.text(account), .text(role.lowercased())]
        ).map { ($0.text(0) ?? "", $0.text(1) ?? "") }
    }

    func attach(_ arn: String, name: String, to role: String) throws {
        try connection.execute(
            "INSERT INTO iam_attachments (account, role, arn, name) VALUES (?, ?, ?, ?) ON CONFLICT (account, role, arn) DO NOTHING",
            [.text(account), .text(role.lowercased()), .text(arn), .text(name)])
    }

    /// - Returns: false if it was not attached.
    func detach(_ arn: String, from role: String) throws -> Bool {
        try connection.execute(
            "DELETE FROM iam_attachments WHERE account = ? AND role = ? AND arn = ?",
            [.text(account), .text(role.lowercased()), .text(arn)]) == 1
    }
}

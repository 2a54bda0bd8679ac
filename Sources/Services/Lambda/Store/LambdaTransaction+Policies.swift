import Foundation
import Persistence

extension LambdaTransaction {
    private static let table = QualifiedTable(
        name: "lambda_policies", columns: "\(QualifiedTable.keys), statements, revision_id")

    /// The policy of a version or an alias, or with nil of the function itself.
    func policy(_ key: FunctionKey, _ qualifier: String?) throws -> ResourcePolicy? {
        try row(Self.table, key, qualifier ?? "").map(policy)
    }

    /// Inserts the policy, or replaces the one of its qualifier; nil removes it.
    func setPolicy(_ key: FunctionKey, _ qualifier: String?, _ policy: ResourcePolicy?) throws {
        guard let policy else {
            try delete(Self.table, key, qualifier ?? "")
            return
        }
        let statements = String(decoding: try JSONEncoder().encode(policy.statements), as: UTF8.self)
        try connection.execute(
            """
            INSERT INTO \(Self.table.name) (\(Self.table.columns)) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (account, region, name, qualifier) DO UPDATE SET
                statements = excluded.statements, revision_id = excluded.revision_id
            """, parameters(key) + [.text(qualifier ?? ""), .text(statements), .text(policy.revisionID)])
    }

    /// Completes functions with what decides about access to them: policies and URLs.
    func addAccess(to functions: inout [FunctionRecord]) throws {
        let policies = try rows(Self.table, of: functions)
        let urls = try rows(Self.urls, of: functions)
        guard !policies.isEmpty || !urls.isEmpty else { return }
        for index in functions.indices {
            let key = functions[index].key
            functions[index].policies = Dictionary(
                try (policies[key] ?? []).map { ($0.text(3) ?? "", try policy($0)) }, uniquingKeysWith: { $1 })
            functions[index].urls = Dictionary(
                try (urls[key] ?? []).map(url).map { ($0.qualifier ?? "", $0) }, uniquingKeysWith: { $1 })
        }
    }

    private func policy(_ row: SQLRow) throws -> ResourcePolicy {
        ResourcePolicy(
            statements: try JSONDecoder().decode([PermissionStatement].self, from: Data((row.text(4) ?? "").utf8)),
            revisionID: row.text(5) ?? "")
    }
}

extension FunctionKey {
    /// The key in a row's first columns.
    init(_ row: SQLRow) {
        self.init(account: row.text(0) ?? "", region: row.text(1) ?? "", name: row.text(2) ?? "")
    }
}

import Foundation
import Persistence

extension LambdaTransaction {
    private static let columns = "account, region, name, qualifier, statements, revision_id"
    private static let select = "SELECT \(columns) FROM lambda_policies"

    /// The policy of a version or an alias, or with nil of the function itself.
    func policy(_ key: FunctionKey, _ qualifier: String?) throws -> ResourcePolicy? {
        try connection.first(
            "\(Self.select) WHERE account = ? AND region = ? AND name = ? AND qualifier = ?",
            parameters(key) + [.text(qualifier ?? "")]
        ).map(policy)
    }

    /// Inserts the policy, or replaces the one of its qualifier; nil removes it.
    func setPolicy(_ key: FunctionKey, _ qualifier: String?, _ policy: ResourcePolicy?) throws {
        guard let policy else {
            try connection.execute(
                "DELETE FROM lambda_policies WHERE account = ? AND region = ? AND name = ? AND qualifier = ?",
                parameters(key) + [.text(qualifier ?? "")])
            return
        }
        let statements = String(decoding: try JSONEncoder().encode(policy.statements), as: UTF8.self)
        try connection.execute(
            """
            INSERT INTO lambda_policies (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (account, region, name, qualifier) DO UPDATE SET
                statements = excluded.statements, revision_id = excluded.revision_id
            """, parameters(key) + [.text(qualifier ?? ""), .text(statements), .text(policy.revisionID)])
    }

    /// Completes functions with what decides about access to them: policies and URLs.
    func addAccess(to functions: inout [FunctionRecord]) throws {
        guard let first = functions.first?.key, let last = functions.last?.key else { return }
        let range = "(account, region, name) >= (?, ?, ?) AND (account, region, name) <= (?, ?, ?)"
        let ends = parameters(first) + parameters(last)
        let policies = Dictionary(
            grouping: try connection.query("\(Self.select) WHERE \(range)", ends), by: FunctionKey.init)
        let urls = Dictionary(grouping: try urls(where: range, ends), by: \.key)
        guard !policies.isEmpty || !urls.isEmpty else { return }
        for index in functions.indices {
            let key = functions[index].key
            functions[index].policies = Dictionary(
                try (policies[key] ?? []).map { ($0.text(3) ?? "", try policy($0)) }, uniquingKeysWith: { $1 })
            functions[index].urls = Dictionary(
                (urls[key] ?? []).map { ($0.qualifier ?? "", $0) }, uniquingKeysWith: { $1 })
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

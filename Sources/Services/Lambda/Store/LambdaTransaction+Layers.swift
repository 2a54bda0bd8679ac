import Foundation
import Persistence
import ServiceModel

extension LambdaTransaction {
    private static let columns =
        "account, region, name, version, description, license, runtimes, architectures, code_digest, code_size, "
        + "created, policy, policy_revision_id"
    private static let select = "SELECT \(columns) FROM lambda_layer_versions"

    private func parameters(_ key: LayerKey) -> [SQLValue] { [.text(key.account), .text(key.region), .text(key.name)] }

    func layerVersion(_ key: LayerKey, _ version: Int64) throws -> LayerVersionRecord? {
        try connection.first(
            "\(Self.select) WHERE account = ? AND region = ? AND name = ? AND version = ?",
            parameters(key) + [.integer(version)]
        ).map(record)
    }

    /// A page of one layer's versions, the newest first.
    func layerVersions(_ key: LayerKey, before version: Int64?, matching filter: LayerFilter, limit: Int) throws
        -> [LayerVersionRecord]
    {
        let (condition, values) = Self.sql(filter)
        return try connection.query(
            """
            \(Self.select) WHERE account = ? AND region = ? AND name = ? AND version < ?\(condition)
            ORDER BY version DESC LIMIT ?
            """, parameters(key) + [.integer(version ?? .max)] + values + [.integer(Int64(limit))]
        ).map(record)
    }

    /// A page of an account's layers by name: of each, the newest version that matches.
    func layers(account: String, region: String, after name: String?, matching filter: LayerFilter, limit: Int) throws
        -> [LayerVersionRecord]
    {
        let (condition, values) = Self.sql(filter)
        return try connection.query(
            """
            \(Self.select) WHERE account = ? AND region = ? AND name > ? AND version = (
                SELECT MAX(version) FROM lambda_layer_versions AS other
                WHERE other.account = lambda_layer_versions.account AND other.region = lambda_layer_versions.region
                    AND other.name = lambda_layer_versions.name\(condition))
            ORDER BY name LIMIT ?
            """,
            [.text(account), .text(region), .text(name ?? "")] + values + [.integer(Int64(limit))]
        ).map(record)
    }

    /// The number of the next version; each is given once, even if its version is deleted.
    func takeLayerVersionNumber(_ key: LayerKey) throws -> Int64 {
        let row = try connection.first(
            """
            INSERT INTO lambda_layers (account, region, name, next_version) VALUES (?, ?, ?, 2)
            ON CONFLICT (account, region, name) DO UPDATE SET next_version = lambda_layers.next_version + 1
            RETURNING next_version
            """, parameters(key))
        return (row?.integer(0) ?? 2) - 1
    }

    func insert(_ layer: LayerVersionRecord) throws {
        try connection.execute(
            "INSERT INTO lambda_layer_versions (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            parameters(layer.key) + [
                .integer(layer.version), .text(layer.description), SQLValue(layer.license),
                SQLValue(Self.text(layer.runtimes)), SQLValue(Self.text(layer.architectures)),
                .text(layer.codeDigest), .integer(layer.codeSize), .integer(layer.created.milliseconds),
                .text(try Self.text(layer.policy)), .text(layer.policy.revisionID),
            ])
    }

    func setPolicy(_ layer: LayerVersionRecord, _ policy: LayerPolicy) throws {
        try connection.execute(
            """
            UPDATE lambda_layer_versions SET policy = ?, policy_revision_id = ?
            WHERE account = ? AND region = ? AND name = ? AND version = ?
            """,
            [.text(try Self.text(policy)), .text(policy.revisionID)] + parameters(layer.key)
                + [.integer(layer.version)])
    }

    func delete(_ layer: LayerVersionRecord) throws {
        try connection.execute(
            "DELETE FROM lambda_layer_versions WHERE account = ? AND region = ? AND name = ? AND version = ?",
            parameters(layer.key) + [.integer(layer.version)])
    }

    // MARK: Columns

    private static func sql(_ filter: LayerFilter) -> (condition: String, values: [SQLValue]) {
        var (condition, values) = ("", [SQLValue]())
        for (column, wanted) in [("runtimes", filter.runtime), ("architectures", filter.architecture)] {
            guard let wanted else { continue }
            condition += " AND \(column) LIKE ? ESCAPE '!'"
            values.append(.text("%,\(wanted.replacing("_", with: "!_")),%"))
        }
        return (condition, values)
    }

    private static func text(_ list: [String]?) -> String? {
        list.map { "," + $0.map { $0 + "," }.joined() }
    }

    private static func list(_ text: String?) -> [String]? {
        text.map { $0.split(separator: ",").map(String.init) }
    }

    private static func text(_ policy: LayerPolicy) throws -> String {
        String(decoding: try JSONEncoder().encode(policy.statements), as: UTF8.self)
    }

    private func record(_ row: SQLRow) throws -> LayerVersionRecord {
        LayerVersionRecord(
            key: LayerKey(account: row.text(0) ?? "", region: row.text(1) ?? "", name: row.text(2) ?? ""),
            version: row.integer(3) ?? 0, description: row.text(4) ?? "", license: row.text(5),
            runtimes: Self.list(row.text(6)), architectures: Self.list(row.text(7)), codeDigest: row.text(8) ?? "",
            codeSize: row.integer(9) ?? 0, created: Timestamp(milliseconds: row.integer(10) ?? 0),
            policy: LayerPolicy(
                statements: try JSONDecoder().decode(
                    [LayerPolicy.Statement].self, from: Data((row.text(11) ?? "[]").utf8)),
                revisionID: row.text(12) ?? ""))
    }
}

/// Which layer versions a list shows: those that say they work with these.
struct LayerFilter: Sendable, Hashable {
    var runtime: String?
    var architecture: String?
}

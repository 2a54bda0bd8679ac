import Persistence
import ServiceKit
import ServiceModel

extension LambdaTransaction {
    private static let columns = [
        "account", "region", "uuid", "function_account", "function_region", "function_name", "qualifier", "kind",
        "source_arn", "endpoints", "settings", "enabled", "deleting", "last_modified", "last_result",
    ]
    private static let list = columns.joined(separator: ", ")
    private static let select = "SELECT \(list) FROM lambda_event_source_mappings"

    func parameters(_ key: MappingKey) -> [SQLValue] { [.text(key.account), .text(key.region), .text(key.uuid)] }

    func mapping(_ key: MappingKey) throws -> MappingRecord? {
        try connection.first(
            "\(Self.select) WHERE account = ? AND region = ? AND uuid = ?", parameters(key)
        ).map(mapping)
    }

    /// A page of an account's mappings, by their ids: only those of the function, with this qualifier or none, and of the source, if
    /// these are given.
    func mappings(
        account: String, region: String, of function: FunctionTarget? = nil, source: String? = nil,
        after uuid: String? = nil, limit: Int = .max
    ) throws -> [MappingRecord] {
        var conditions = "account = ? AND region = ? AND uuid > ?"
        var values: [SQLValue] = [.text(account), .text(region), .text(uuid ?? "")]
        if let function {
            conditions += " AND function_name = ? AND COALESCE(qualifier, '') = ?"
            values += [.text(function.key.name), .text(function.qualifier ?? "")]
        }
        if let source {
            conditions += " AND source_arn = ?"
            values.append(.text(source))
        }
        return try connection.query(
            "\(Self.select) WHERE \(conditions) ORDER BY uuid LIMIT ?", values + [.integer(Int64(limit))]
        ).map(mapping)
    }

    /// A page of all accounts' mappings that are to be polled, by their keys.
    func enabledMappings(after key: MappingKey?, limit: Int) throws -> [MappingRecord] {
        let after = key.map(parameters) ?? [.text(""), .text(""), .text("")]
        return try connection.query(
            """
            \(Self.select) WHERE enabled = 1 AND deleting = 0 AND (account, region, uuid) > (?, ?, ?)
            ORDER BY account, region, uuid LIMIT ?
            """, after + [.integer(Int64(limit))]
        ).map(mapping)
    }

    /// Inserts the mapping, or replaces the one of its key.
    func save(_ record: MappingRecord) throws {
        let marks = Self.columns.map { _ in "?" }.joined(separator: ", ")
        let changes = Self.columns.dropFirst(3).map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        try connection.execute(
            """
            INSERT INTO lambda_event_source_mappings (\(Self.list)) VALUES (\(marks))
            ON CONFLICT (account, region, uuid) DO UPDATE SET \(changes)
            """,
            parameters(record.key) + parameters(record.function) + [
                SQLValue(record.qualifier), .text(record.source.kind.rawValue), SQLValue(record.source.arn),
                .text(record.source.endpoints.joined(separator: "\n")),
                .text(try StoredDocument.text(record.settings)), SQLValue(record.isEnabled),
                SQLValue(record.isDeleting), .integer(record.lastModified.milliseconds), SQLValue(record.lastResult),
            ])
    }

    func delete(_ key: MappingKey) throws {
        try connection.execute(
            "DELETE FROM lambda_event_source_mappings WHERE account = ? AND region = ? AND uuid = ?", parameters(key))
        try setTags(.mapping(key), [:])
    }

    /// Those whose deletion was answered and not finished.
    func deletedMappings() throws -> [MappingKey] {
        try connection.query(
            "SELECT account, region, uuid FROM lambda_event_source_mappings WHERE deleting = 1"
        ).map { MappingKey(account: $0.text(0) ?? "", region: $0.text(1) ?? "", uuid: $0.text(2) ?? "") }
    }

    private func mapping(_ row: SQLRow) throws -> MappingRecord {
        MappingRecord(
            key: MappingKey(account: row.text(0) ?? "", region: row.text(1) ?? "", uuid: row.text(2) ?? ""),
            function: FunctionKey(account: row.text(3) ?? "", region: row.text(4) ?? "", name: row.text(5) ?? ""),
            qualifier: row.text(6),
            source: EventSource(
                kind: row.text(7).flatMap(EventSourceKind.init) ?? .queue, arn: row.text(8),
                endpoints: (row.text(9) ?? "").split(separator: "\n").map(String.init)),
            settings: try StoredDocument.value(MappingSettings.self, row.text(10) ?? "{}"),
            isEnabled: row.boolean(11), isDeleting: row.boolean(12),
            lastModified: Timestamp(milliseconds: row.integer(13) ?? 0), lastResult: row.text(14))
    }
}

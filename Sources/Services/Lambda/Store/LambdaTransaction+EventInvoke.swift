import Persistence
import ServiceModel

extension LambdaTransaction {
    private static let columns =
        "account, region, name, qualifier, attempts, age, on_success, on_failure, last_modified"
    private static let select = "SELECT \(columns) FROM lambda_event_invoke"

    func eventInvoke(_ key: FunctionKey, _ qualifier: String) throws -> EventInvokeRecord? {
        try connection.first(
            "\(Self.select) WHERE account = ? AND region = ? AND name = ? AND qualifier = ?",
            parameters(key) + [.text(qualifier)]
        ).map(eventInvoke)
    }

    /// A function's, by qualifier.
    func eventInvokes(_ key: FunctionKey, after qualifier: String? = nil, limit: Int = .max) throws
        -> [EventInvokeRecord]
    {
        try connection.query(
            """
            \(Self.select) WHERE account = ? AND region = ? AND name = ? AND qualifier > ? ORDER BY qualifier LIMIT ?
            """, parameters(key) + [.text(qualifier ?? ""), .integer(Int64(limit))]
        ).map(eventInvoke)
    }

    /// Inserts the record, or replaces the one of its qualifier.
    func save(_ record: EventInvokeRecord) throws {
        try connection.execute(
            """
            INSERT INTO lambda_event_invoke (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (account, region, name, qualifier) DO UPDATE SET
                attempts = excluded.attempts, age = excluded.age, on_success = excluded.on_success,
                on_failure = excluded.on_failure, last_modified = excluded.last_modified
            """,
            parameters(record.key) + [
                .text(record.qualifier), SQLValue(record.maximumRetryAttempts), SQLValue(record.maximumEventAge),
                SQLValue(record.onSuccess), SQLValue(record.onFailure), .integer(record.lastModified.milliseconds),
            ])
    }

    /// - Returns: whether there was one.
    @discardableResult
    func deleteEventInvoke(_ key: FunctionKey, _ qualifier: String) throws -> Bool {
        try connection.execute(
            "DELETE FROM lambda_event_invoke WHERE account = ? AND region = ? AND name = ? AND qualifier = ?",
            parameters(key) + [.text(qualifier)]) > 0
    }

    /// Completes functions, which are in the order of their keys, for the catalogue.
    func addEventInvokes(to functions: inout [FunctionRecord]) throws {
        guard let first = functions.first?.key, let last = functions.last?.key else { return }
        let records = try connection.query(
            "\(Self.select) WHERE (account, region, name) >= (?, ?, ?) AND (account, region, name) <= (?, ?, ?)",
            parameters(first) + parameters(last)
        ).map(eventInvoke)
        guard !records.isEmpty else { return }
        let byKey = Dictionary(grouping: records, by: \.key)
        for index in functions.indices {
            functions[index].eventInvokes = Dictionary(
                (byKey[functions[index].key] ?? []).map { ($0.qualifier, $0) }, uniquingKeysWith: { $1 })
        }
    }

    private func eventInvoke(_ row: SQLRow) -> EventInvokeRecord {
        EventInvokeRecord(
            key: FunctionKey(account: row.text(0) ?? "", region: row.text(1) ?? "", name: row.text(2) ?? ""),
            qualifier: row.text(3) ?? "", maximumRetryAttempts: row.integer(4).map { Int($0) },
            maximumEventAge: row.integer(5).map { Int($0) }, onSuccess: row.text(6), onFailure: row.text(7),
            lastModified: Timestamp(milliseconds: row.integer(8) ?? 0))
    }
}

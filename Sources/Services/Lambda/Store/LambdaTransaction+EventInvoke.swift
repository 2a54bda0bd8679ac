import Persistence
import ServiceModel

extension LambdaTransaction {
    private static let table = QualifiedTable(
        name: "lambda_event_invoke",
        columns: "\(QualifiedTable.keys), attempts, age, on_success, on_failure, last_modified")

    func eventInvoke(_ key: FunctionKey, _ qualifier: String) throws -> EventInvokeRecord? {
        try row(Self.table, key, qualifier).map(eventInvoke)
    }

    /// A function's, by qualifier.
    func eventInvokes(_ key: FunctionKey, after qualifier: String? = nil, limit: Int = .max) throws
        -> [EventInvokeRecord]
    {
        try rows(Self.table, key, after: qualifier, limit: limit).map(eventInvoke)
    }

    /// Inserts the record, or replaces the one of its qualifier.
    func save(_ record: EventInvokeRecord) throws {
        try connection.execute(
            """
            INSERT INTO \(Self.table.name) (\(Self.table.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
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
        try delete(Self.table, key, qualifier)
    }

    /// Completes functions, which are in the order of their keys, for the catalogue.
    func addEventInvokes(to functions: inout [FunctionRecord]) throws {
        let records = try rows(Self.table, of: functions)
        guard !records.isEmpty else { return }
        for index in functions.indices {
            functions[index].eventInvokes = Dictionary(
                (records[functions[index].key] ?? []).map(eventInvoke).map { ($0.qualifier, $0) },
                uniquingKeysWith: { $1 })
        }
    }

    private func eventInvoke(_ row: SQLRow) -> EventInvokeRecord {
        EventInvokeRecord(
            key: FunctionKey(row),
            qualifier: row.text(3) ?? "", maximumRetryAttempts: row.integer(4).map { Int($0) },
            maximumEventAge: row.integer(5).map { Int($0) }, onSuccess: row.text(6), onFailure: row.text(7),
            lastModified: Timestamp(milliseconds: row.integer(8) ?? 0))
    }
}

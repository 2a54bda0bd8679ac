import Foundation
import Persistence
import ServiceModel

extension LambdaTransaction {
    static let urls = QualifiedTable(
        name: "lambda_urls",
        columns: "\(QualifiedTable.keys), id, requires_signature, cors, invoke_mode, created, last_modified")

    /// The URL of an alias, or with nil of the function itself.
    func url(_ key: FunctionKey, _ qualifier: String?) throws -> FunctionURLRecord? {
        try row(Self.urls, key, qualifier ?? "").map(url)
    }

    func url(id: String) throws -> FunctionURLRecord? {
        try connection.first("\(Self.urls.select) WHERE id = ?", [.text(id)]).map(url)
    }

    /// A page of a function's URLs, by qualifier: that of the function itself first.
    func urls(_ key: FunctionKey, after qualifier: String?, limit: Int) throws -> [FunctionURLRecord] {
        try rows(Self.urls, key, after: qualifier, limit: limit).map(url)
    }

    /// Inserts the URL, or replaces the one of its qualifier.
    func save(_ url: FunctionURLRecord) throws {
        try connection.execute(
            """
            INSERT INTO \(Self.urls.name) (\(Self.urls.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (account, region, name, qualifier) DO UPDATE SET
                requires_signature = excluded.requires_signature, cors = excluded.cors,
                invoke_mode = excluded.invoke_mode, last_modified = excluded.last_modified
            """,
            parameters(url.key) + [
                .text(url.qualifier ?? ""), .text(url.id), SQLValue(url.requiresSignature),
                SQLValue(
                    try url.cors.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }),
                SQLValue(url.invokeMode), .integer(url.created.milliseconds), .integer(url.lastModified.milliseconds),
            ])
    }

    /// - Returns: whether there was one.
    func deleteURL(_ key: FunctionKey, _ qualifier: String?) throws -> Bool {
        try delete(Self.urls, key, qualifier ?? "")
    }

    func url(_ row: SQLRow) throws -> FunctionURLRecord {
        let qualifier = row.text(3) ?? ""
        return FunctionURLRecord(
            key: FunctionKey(row), qualifier: qualifier.isEmpty ? nil : qualifier, id: row.text(4) ?? "",
            requiresSignature: row.boolean(5),
            cors: try row.text(6).map { try JSONDecoder().decode(CrossOriginRules.self, from: Data($0.utf8)) },
            invokeMode: row.text(7), created: Timestamp(milliseconds: row.integer(8) ?? 0),
            lastModified: Timestamp(milliseconds: row.integer(9) ?? 0))
    }
}

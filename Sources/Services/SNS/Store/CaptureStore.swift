import Persistence
import ServiceKit
import ServiceModel

/// Mail, text messages and pushes that were sent: the newest ten thousand.
struct CaptureStore: Sendable {
    let database: any Database
    let time: any TimeSource

    private static let capacity: Int64 = 10_000

    /// Keeps what was sent. The same message to the same recipient is kept once, however often its job runs.
    func keep(
        _ kind: String, id: String, account: String, region: String, recipient: String, document: JSONValue
    ) async throws {
        let (text, now) = (document.compact, time.now.milliseconds)
        try await database.write { connection in
            let row = try connection.first(
                """
                INSERT INTO sns_capture (kind, account, region, message_id, recipient, sent, document)
                VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, message_id, recipient) DO NOTHING RETURNING id
                """,
                [
                    .text(kind), .text(account), .text(region), .text(id), .text(recipient), .integer(now),
                    .text(text),
                ])
            guard let place = row?.integer(0), place % 100 == 0 else { return }
            try connection.execute("DELETE FROM sns_capture WHERE id <= ?", [.integer(place - Self.capacity)])
        }
    }

    /// `{"messages": […]}`, the newest last.
    func json(_ kind: String) async throws -> [UInt8] {
        let rows = try await database.read {
            try $0.query(
                """
                SELECT message_id, account, region, sent, document FROM sns_capture WHERE kind = ?
                ORDER BY id DESC LIMIT 1000
                """, [.text(kind)])
        }
        let messages = rows.reversed().map { row in
            let common: [JSONValue.Member] = [
                .init(name: "MessageId", value: .string(row.text(0) ?? "")),
                .init(name: "Account", value: .string(row.text(1) ?? "")),
                .init(name: "Region", value: .string(row.text(2) ?? "")),
                .init(
                    name: "Timestamp",
                    value: .string(Timestamp(milliseconds: row.integer(3) ?? 0).rfc3339)),
            ]
            return JSONValue.object(common + (row.text(4).flatMap { JSONValue(parsing: $0) }?.members ?? []))
        }
        return JSONValue.object(("messages", .array(messages))).bytes()
    }
}

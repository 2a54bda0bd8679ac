import Persistence
import ServiceKit
import ServiceModel

/// Mail, text messages and pushes that were sent: the newest ten thousand of each.
struct CaptureStore: Sendable {
    let database: any Database
    let time: any TimeSource
    var capacity = 10_000

    /// The most that is answered at once.
    static let pageSize = 1000

    /// Keeps what was sent. The same message to the same recipient is kept once, however often its job runs.
    func keep(
        _ kind: String, id: String, account: String, region: String, recipient: String, document: JSONValue
    ) async throws {
        let (text, now) = (document.compact, time.now.milliseconds)
        try await database.write { connection in
            let kept = try connection.execute(
                """
                INSERT INTO sns_capture (kind, account, region, message_id, recipient, sent, document)
                VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, message_id, recipient) DO NOTHING
                """,
                [
                    .text(kind), .text(account), .text(region), .text(id), .text(recipient), .integer(now),
                    .text(text),
                ])
            // Now and then: a few more than that may be there.
            guard kept > 0, Int.random(in: 0...capacity / 100) == 0 else { return }
            try connection.execute(
                """
                DELETE FROM sns_capture WHERE kind = ? AND id <=
                    (SELECT id FROM sns_capture WHERE kind = ? ORDER BY id DESC LIMIT 1 OFFSET ?)
                """, [.text(kind), .text(kind), SQLValue(capacity)])
        }
    }

    /// `{"messages": […], "next": "…"}`: the newest of those before a place, the newest last, and the place before which there are more.
    func json(_ kind: String, limit: Int = pageSize, before place: Int64 = .max) async throws -> [UInt8] {
        let found = try await database.read {
            try $0.query(
                """
                SELECT message_id, account, region, sent, document, id FROM sns_capture WHERE kind = ? AND id < ?
                ORDER BY id DESC LIMIT ?
                """, [.text(kind), .integer(place), SQLValue(limit + 1)])
        }
        let rows = found.prefix(limit)
        let next = found.count > limit ? rows.last?.integer(5).map { JSONValue.string(String($0)) } : nil
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
        var answer: [JSONValue.Member] = [.init(name: "messages", value: .array(messages))]
        if let next { answer.append(.init(name: "next", value: next)) }
        return JSONValue.object(answer).bytes()
    }
}

import Persistence

/// The deduplication ids of the last five minutes.
struct DeduplicationRows {
    let connection: any SQLConnection

    /// The message that had the same id, if it was stored not long ago.
    func find(_ deduplication: Deduplication, queue: Int64, now: Int64) throws -> StoredMessage? {
        for scope in [deduplication.scope, deduplication.former].compactMap({ $0 }) {
            let row = try connection.first(
                """
                SELECT id_high, id_low, sequence FROM sqs_deduplication WHERE queue = ? AND scope = ? AND expires > ?
                """, [.integer(queue), .text(scope), .integer(now)])
            if let row {
                return StoredMessage(
                    id: MessageRows.id(row, 0), sequence: row.integer(2) ?? 0, isDuplicate: true)
            }
        }
        return nil
    }

    func insert(_ deduplication: Deduplication, queue: Int64, _ message: StoredMessage, now: Int64) throws {
        try connection.execute(
            """
            INSERT INTO sqs_deduplication (queue, scope, expires, id_high, id_low, sequence) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (queue, scope) DO UPDATE SET expires = excluded.expires, id_high = excluded.id_high,
                id_low = excluded.id_low, sequence = excluded.sequence
            """,
            [
                .integer(queue), .text(deduplication.scope), .integer(now + SQSLimits.deduplication),
                .integer(Int64(bitPattern: message.id.high)), .integer(Int64(bitPattern: message.id.low)),
                .integer(message.sequence),
            ])
    }

    /// - Returns: how many were removed.
    func removeExpired(now: Int64, limit: Int) throws -> Int {
        try connection.execute(
            """
            DELETE FROM sqs_deduplication WHERE (queue, scope) IN
                (SELECT queue, scope FROM sqs_deduplication WHERE expires <= ? ORDER BY expires LIMIT ?)
            """, [.integer(now), .integer(Int64(limit))])
    }

    func remove(queue: Int64) throws {
        try connection.execute("DELETE FROM sqs_deduplication WHERE queue = ?", [.integer(queue)])
    }
}

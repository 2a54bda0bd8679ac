import Foundation
import Persistence
import ServiceModel

/// The rows of queues.
struct QueueStore: Sendable {
    let database: any Database

    private static let columns = "id, account, region, name, attributes, tags, created, modified, purged"

    /// Of the numbers of queues, of which there are 2^23, the first one is random: receipts of before a reset mean nothing.
    private static let lastFirst: Int64 = 1 << 22

    /// Makes a queue.
    /// - Returns: nil if there is one with this name.
    func create(_ key: QueueKey, _ settings: QueueSettings, tags: [String: String], now: Int64) async throws
        -> QueueRecord?
    {
        let texts = settings.texts
        let first = Int64.random(in: 1...Self.lastFirst)
        let id = try await database.write { connection -> Int64? in
            // A number is never used again, so that an old receipt is none of another queue's.
            let number = try connection.first(
                """
                INSERT INTO sqs_count (queue, messages, next, floor) VALUES (0, 0, ?, 0)
                ON CONFLICT (queue) DO UPDATE SET next = sqs_count.next + 1 RETURNING next
                """, [.integer(first)])?.integer(0)
            let row = try connection.first(
                """
                INSERT INTO sqs_queue (id, account, region, name, live, attributes, tags, dead_letter_target, created, modified)
                VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?) ON CONFLICT (account, region, name, live) DO NOTHING RETURNING id
                """,
                [
                    SQLValue(number), .text(key.account), .text(key.region), .text(key.name),
                    .text(TextMap.text(texts)),
                    .text(TextMap.text(tags)),
                    SQLValue(settings.redrive?.target.arn), .integer(now), .integer(now),
                ])
            guard let id = row?.integer(0) else { return nil }
            try connection.execute(
                "INSERT INTO sqs_count (queue, messages, next, floor) VALUES (?, 0, 1, 0)", [.integer(id)])
            return id
        }
        return id.map {
            QueueRecord(
                id: $0, key: key, settings: settings, tags: tags, created: now, modified: now, purged: nil)
        }
    }

    func find(_ key: QueueKey) async throws -> QueueRecord? {
        try await database.read { connection in
            try connection.first(
                "SELECT \(Self.columns) FROM sqs_queue WHERE account = ? AND region = ? AND name = ? AND live = 1",
                [.text(key.account), .text(key.region), .text(key.name)]
            ).flatMap(Self.record)
        }
    }

    /// When a queue of this name was deleted last.
    func deleted(_ key: QueueKey) async throws -> Int64? {
        try await database.read { connection in
            try connection.first(
                "SELECT MAX(deleted) FROM sqs_queue WHERE account = ? AND region = ? AND name = ? AND live IS NULL",
                [.text(key.account), .text(key.region), .text(key.name)])?.integer(0)
        }
    }

    /// Changes a queue as it is on disk by then.
    /// - Returns: the queue after the change; nil if it is gone.
    func update(_ id: Int64, _ change: @escaping @Sendable (QueueRecord) throws -> QueueRecord) async throws
        -> QueueRecord?
    {
        try await database.write { connection in
            guard
                let record = try connection.first(
                    "SELECT \(Self.columns) FROM sqs_queue WHERE id = ? AND live = 1", [.integer(id)]
                ).flatMap(Self.record)
            else { return nil }
            let changed = try change(record)
            try connection.execute(
                """
                UPDATE sqs_queue SET attributes = ?, tags = ?, dead_letter_target = ?, modified = ?, purged = ? WHERE id = ?
                """,
                [
                    .text(TextMap.text(changed.settings.texts)), .text(TextMap.text(changed.tags)),
                    SQLValue(changed.settings.redrive?.target.arn), .integer(changed.modified),
                    SQLValue(changed.purged),
                    .integer(id),
                ])
            return changed
        }
    }

    /// - Returns: whether it was there.
    func delete(_ id: Int64, now: Int64) async throws -> Bool {
        try await database.write { connection in
            try connection.execute(
                "UPDATE sqs_queue SET live = NULL, deleted = ?, dead_letter_target = NULL WHERE id = ? AND live = 1",
                [.integer(now), .integer(id)]) > 0
                && connection.execute("DELETE FROM sqs_count WHERE queue = ?", [.integer(id)]) > 0
        }
    }

    /// Queues of an account, by name.
    func list(account: String, region: String, prefix: String, after name: String, limit: Int) async throws
        -> [QueueRecord]
    {
        try await database.read { connection in
            try connection.query(
                """
                SELECT \(Self.columns) FROM sqs_queue WHERE account = ? AND region = ? AND live = 1 AND name > ?
                    AND name >= ? AND name < ? ORDER BY name LIMIT ?
                """,
                // Names have no character as high as that.
                [
                    .text(account), .text(region), .text(name), .text(prefix), .text(prefix + "\u{7F}"),
                    .integer(Int64(limit)),
                ]
            ).compactMap(Self.record)
        }
    }

    /// Queues whose dead letters go to a queue, in the order of their numbers.
    func sources(of target: QueueKey, after id: Int64, limit: Int) async throws -> [QueueRecord] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT \(Self.columns) FROM sqs_queue WHERE dead_letter_target = ? AND live = 1 AND id > ?
                ORDER BY id LIMIT ?
                """, [.text(target.arn), .integer(id), .integer(Int64(limit))]
            ).compactMap(Self.record)
        }
    }

    func all() async throws -> [QueueRecord] {
        try await database.read { connection in
            try connection.query("SELECT \(Self.columns) FROM sqs_queue WHERE live = 1 ORDER BY id")
                .compactMap(Self.record)
        }
    }

    /// Deleted queues, and when they were deleted.
    func deletedQueues() async throws -> [(id: Int64, deleted: Int64)] {
        try await database.read { connection in
            try connection.query("SELECT id, deleted FROM sqs_queue WHERE live IS NULL").compactMap { row in
                row.integer(0).map { ($0, row.integer(1) ?? 0) }
            }
        }
    }

    /// Forgets that there was a queue.
    func forget(_ id: Int64) async throws {
        try await database.write {
            try $0.execute("DELETE FROM sqs_queue WHERE id = ? AND live IS NULL", [.integer(id)])
        }
    }

    // MARK: Rows

    private static func record(_ row: SQLRow) -> QueueRecord? {
        guard let id = row.integer(0), let account = row.text(1), let region = row.text(2), let name = row.text(3),
            let attributes = row.text(4).flatMap(TextMap.map)
        else { return nil }
        var settings = QueueSettings()
        settings.isFIFO = attributes["FifoQueue"] == "true"
        settings.load(attributes)
        return QueueRecord(
            id: id, key: QueueKey(account: account, region: region, name: name), settings: settings,
            tags: row.text(5).flatMap(TextMap.map) ?? [:], created: row.integer(6) ?? 0,
            modified: row.integer(7) ?? 0, purged: row.integer(8))
    }
}

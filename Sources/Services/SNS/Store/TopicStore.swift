import Persistence
import ServiceKit
import ServiceModel

/// The rows of topics.
struct TopicStore: Sendable {
    let database: any Database

    private static let columns = "account, region, name, id, version, deleted, attributes, tags, protection"

    static func topic(_ row: SQLRow) -> TopicRecord? {
        guard let account = row.text(0), let region = row.text(1), let name = row.text(2), let id = row.integer(3),
            let version = row.integer(4), let attributes = row.text(6), let tags = row.text(7)
        else { return nil }
        return TopicRecord(
            key: TopicKey(account: account, region: region, name: name), id: id, version: version,
            attributes: TextMap.map(attributes) ?? [:],
            tags: (JSONValue(parsing: tags)?.members ?? []).map {
                ResourceTag(key: $0.name, value: $0.value.text ?? "")
            },
            dataProtectionPolicy: row.text(8) ?? "", deletedSubscriptions: Int(row.integer(5) ?? 0))
    }

    static func find(_ key: TopicKey, _ connection: any SQLConnection) throws -> TopicRecord? {
        try connection.first(
            "SELECT \(columns) FROM sns_topic WHERE account = ? AND region = ? AND name = ?", parameters(key)
        ).flatMap(topic)
    }

    func find(_ key: TopicKey) async throws -> TopicRecord? { try await database.read { try Self.find(key, $0) } }

    /// The topic's version; nil if there is none.
    static func version(_ key: TopicKey, _ connection: any SQLConnection) throws -> Int64? {
        try connection.first(
            "SELECT version FROM sns_topic WHERE account = ? AND region = ? AND name = ?", parameters(key))?.integer(0)
    }

    /// The topics behind a name, in the order of their names.
    func list(account: String, region: String, after name: String, limit: Int) async throws -> [TopicKey] {
        try await database.read { connection in
            try connection.query(
                "SELECT name FROM sns_topic WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?",
                [.text(account), .text(region), .text(name), SQLValue(limit)]
            ).compactMap { $0.text(0) }.map { TopicKey(account: account, region: region, name: $0) }
        }
    }

    /// - Parameters:
    ///   - topic: what is made.
    ///   - limit: how many topics an account may have in a region.
    /// - Returns: the topic that was there already; nil if it was made.
    /// - Throws: `TopicLimitExceeded` if there are so many.
    func create(_ topic: TopicRecord, limit: Int) async throws -> TopicRecord? {
        try await database.write { connection in
            if let known = try Self.find(topic.key, connection) { return known }
            let others = try connection.first(
                "SELECT COUNT(*) FROM sns_topic WHERE account = ? AND region = ?",
                [.text(topic.key.account), .text(topic.key.region)])?.integer(0)
            guard Int(others ?? 0) < limit else {
                throw SNSError.topicLimitExceededException("Topic limit exceeded: an account can have \(limit) topics.")
            }
            try connection.execute(
                """
                INSERT INTO sns_topic (account, region, name, id, version, sequence, deleted, attributes, tags, protection)
                VALUES (?, ?, ?, ?, 1, 0, 0, ?, ?, ?)
                """,
                Self.parameters(topic.key) + [.integer(topic.id)] + Self.values(topic))
            return nil
        }
    }

    /// Changes a topic.
    /// - Returns: the topic as it is now; nil if there is none.
    @discardableResult
    func update(_ key: TopicKey, _ change: @escaping @Sendable (inout TopicRecord) throws -> Void) async throws
        -> TopicRecord?
    {
        try await database.write { connection in
            guard var topic = try Self.find(key, connection) else { return nil }
            let before = topic
            try change(&topic)
            if topic == before { return topic }
            topic.version += 1
            try connection.execute(
                """
                UPDATE sns_topic SET version = ?, attributes = ?, tags = ?, protection = ?
                WHERE account = ? AND region = ? AND name = ?
                """, [.integer(topic.version)] + Self.values(topic) + Self.parameters(key))
            return topic
        }
    }

    /// Says that something of the topic is another now.
    static func touch(_ key: TopicKey, ended: Int = 0, _ connection: any SQLConnection) throws {
        try connection.execute(
            """
            UPDATE sns_topic SET version = version + 1, deleted = deleted + ?
            WHERE account = ? AND region = ? AND name = ?
            """, [SQLValue(ended)] + parameters(key))
    }

    /// Deletes a topic. Its subscriptions are orphans from then on, which vanish later.
    func delete(_ key: TopicKey, now: Int64) async throws {
        try await database.write { connection in
            guard let topic = try Self.find(key, connection) else { return }
            try connection.execute(
                "UPDATE sns_subscription SET orphaned = ? WHERE topic_id = ?", [.integer(now), .integer(topic.id)])
            try connection.execute(
                "DELETE FROM sns_subscription WHERE orphaned < ?", [.integer(now - SubscriptionStore.orphansLive)])
            try connection.execute("DELETE FROM sns_deduplication WHERE topic_id = ?", [.integer(topic.id)])
            try connection.execute(
                "DELETE FROM sns_topic WHERE account = ? AND region = ? AND name = ?", Self.parameters(key))
        }
    }

    /// The next number in a FIFO topic's sequence.
    static func nextSequence(_ key: TopicKey, _ connection: any SQLConnection) throws -> Int64 {
        try connection.query(
            """
            UPDATE sns_topic SET sequence = sequence + 1 WHERE account = ? AND region = ? AND name = ?
            RETURNING sequence
            """, parameters(key)
        ).first?.integer(0) ?? 0
    }

    static func parameters(_ key: TopicKey) -> [SQLValue] { [.text(key.account), .text(key.region), .text(key.name)] }

    private static func values(_ topic: TopicRecord) -> [SQLValue] {
        [
            .text(TextMap.text(topic.attributes)),
            .text(
                JSONValue.object(topic.tags.map { JSONValue.Member(name: $0.key, value: .string($0.value)) }).compact),
            .text(topic.dataProtectionPolicy),
        ]
    }
}

import Persistence
import ServiceKit
import ServiceModel

/// The rows of subscriptions.
struct SubscriptionStore: Sendable {
    let database: any Database

    /// How long a subscription is seen after its topic was deleted, in milliseconds.
    static let orphansLive: Int64 = 3_600_000

    private static let columns = """
        account, region, topic, id, topic_id, owner, transport, endpoint, principal, confirmed, authenticated,
        authenticates_end, token, token_expires, attributes, origin
        """

    static func subscription(_ row: SQLRow) -> SubscriptionRecord? {
        guard let account = row.text(0), let region = row.text(1), let name = row.text(2), let id = row.text(3),
            let topicID = row.integer(4), let owner = row.text(5),
            let transport = row.text(6).flatMap(SubscriptionProtocol.init), let endpoint = row.text(7)
        else { return nil }
        return SubscriptionRecord(
            key: SubscriptionKey(topic: TopicKey(account: account, region: region, name: name), id: id),
            topicID: topicID, owner: owner, transport: transport, endpoint: endpoint, principal: row.text(8) ?? "",
            isConfirmed: row.boolean(9), wasAuthenticated: row.boolean(10), authenticatesUnsubscribe: row.boolean(11),
            token: row.text(12), tokenExpires: Timestamp(milliseconds: row.integer(13) ?? 0),
            attributes: TextMap.map(row.text(14) ?? "") ?? [:], origin: row.text(15) ?? "")
    }

    func find(_ key: SubscriptionKey) async throws -> SubscriptionRecord? {
        try await database.read { try Self.find(key, $0) }
    }

    static func find(_ key: SubscriptionKey, _ connection: any SQLConnection) throws -> SubscriptionRecord? {
        try connection.first(
            "SELECT \(columns) FROM sns_subscription WHERE account = ? AND region = ? AND topic = ? AND id = ? AND ended IS NULL",
            parameters(key)
        ).flatMap(subscription)
    }

    /// The subscription of an endpoint; nil if there is none.
    static func find(
        topicID: Int64, _ transport: SubscriptionProtocol, _ endpoint: String, _ connection: any SQLConnection
    ) throws -> SubscriptionRecord? {
        try connection.first(
            "SELECT \(columns) FROM sns_subscription WHERE topic_id = ? AND endpoint = ? AND transport = ? AND orphaned IS NULL AND ended IS NULL",
            [.integer(topicID), .text(endpoint), .text(transport.rawValue)]
        ).flatMap(subscription)
    }

    /// All of a topic.
    static func all(topicID: Int64, _ connection: any SQLConnection) throws -> [SubscriptionRecord] {
        try connection.query(
            "SELECT \(columns) FROM sns_subscription WHERE topic_id = ? AND orphaned IS NULL AND ended IS NULL ORDER BY id",
            [.integer(topicID)]
        ).compactMap(subscription)
    }

    /// Those of a topic behind an id.
    func list(topic: TopicRecord, after id: String, limit: Int) async throws -> [SubscriptionRecord] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT \(Self.columns) FROM sns_subscription
                WHERE account = ? AND region = ? AND topic = ? AND id > ? AND topic_id = ? AND ended IS NULL ORDER BY id LIMIT ?
                """, TopicStore.parameters(topic.key) + [.text(id), .integer(topic.id), SQLValue(limit)]
            ).compactMap(Self.subscription)
        }
    }

    /// Those of an owner behind a topic and an id.
    func list(owner: String, region: String, after position: (topic: String, id: String), limit: Int) async throws
        -> [SubscriptionRecord]
    {
        try await database.read { connection in
            try connection.query(
                """
                SELECT \(Self.columns) FROM sns_subscription
                WHERE owner = ? AND region = ? AND orphaned IS NULL AND ended IS NULL AND (topic, id) > (?, ?) ORDER BY topic, id LIMIT ?
                """,
                [.text(owner), .text(region), .text(position.topic), .text(position.id), SQLValue(limit)]
            ).compactMap(Self.subscription)
        }
    }

    static func insert(_ subscription: SubscriptionRecord, _ connection: any SQLConnection) throws {
        try connection.execute(
            """
            INSERT INTO sns_subscription (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            parameters(subscription.key) + [
                .integer(subscription.topicID), .text(subscription.owner), .text(subscription.transport.rawValue),
                .text(subscription.endpoint), .text(subscription.principal),
            ] + values(subscription) + [.text(subscription.origin)])
        try TopicStore.touch(subscription.key.topic, connection)
    }

    static func update(_ subscription: SubscriptionRecord, _ connection: any SQLConnection) throws {
        try connection.execute(
            """
            UPDATE sns_subscription SET confirmed = ?, authenticated = ?, authenticates_end = ?, token = ?,
                token_expires = ?, attributes = ?
            WHERE account = ? AND region = ? AND topic = ? AND id = ?
            """, values(subscription) + parameters(subscription.key))
        try TopicStore.touch(subscription.key.topic, connection)
    }

    static func delete(_ subscription: SubscriptionRecord, _ connection: any SQLConnection) throws {
        try connection.execute(
            "DELETE FROM sns_subscription WHERE account = ? AND region = ? AND topic = ? AND id = ?",
            parameters(subscription.key))
        try TopicStore.touch(subscription.key.topic, ended: subscription.isConfirmed ? 1 : 0, connection)
    }

    /// Ends a subscription, so that the token restores it.
    static func end(_ subscription: SubscriptionRecord, token: String, now: Int64, _ connection: any SQLConnection)
        throws
    {
        try connection.execute(
            """
            UPDATE sns_subscription SET ended = ?, token = ?, token_expires = ?
            WHERE account = ? AND region = ? AND topic = ? AND id = ?
            """, [.integer(now), .text(token), .integer(now + tokenLives)] + parameters(subscription.key))
        try connection.execute("DELETE FROM sns_subscription WHERE ended < ?", [.integer(now - tokenLives)])
        try TopicStore.touch(subscription.key.topic, ended: 1, connection)
    }

    /// How long a token is good, in milliseconds: three days.
    static let tokenLives: Int64 = 3 * 86_400_000

    /// Restores what a token ended.
    static func restore(token: String, topic: TopicKey, now: Int64, _ connection: any SQLConnection) throws
        -> SubscriptionRecord?
    {
        let restored = try connection.execute(
            """
            UPDATE sns_subscription SET ended = NULL
            WHERE account = ? AND region = ? AND topic = ? AND token = ? AND orphaned IS NULL AND ended > ?
            """, TopicStore.parameters(topic) + [.text(token), .integer(now - tokenLives)])
        guard restored > 0 else { return nil }
        try TopicStore.touch(topic, ended: -1, connection)
        return try find(token: token, topic: topic, connection)
    }

    /// The subscription of a topic that a token confirms.
    static func find(token: String, topic: TopicKey, _ connection: any SQLConnection) throws -> SubscriptionRecord? {
        try connection.first(
            "SELECT \(columns) FROM sns_subscription WHERE account = ? AND region = ? AND topic = ? AND token = ? AND orphaned IS NULL AND ended IS NULL",
            TopicStore.parameters(topic) + [.text(token)]
        ).flatMap(subscription)
    }

    func counts(topicID: Int64) async throws -> (confirmed: Int, pending: Int) {
        let rows = try await database.read {
            try $0.query(
                """
                SELECT confirmed, COUNT(*) FROM sns_subscription WHERE topic_id = ? AND orphaned IS NULL AND ended IS NULL
                GROUP BY confirmed
                """, [.integer(topicID)])
        }
        func count(_ confirmed: Bool) -> Int {
            Int(rows.first { $0.boolean(0) == confirmed }?.integer(1) ?? 0)
        }
        return (count(true), count(false))
    }

    private static func parameters(_ key: SubscriptionKey) -> [SQLValue] {
        TopicStore.parameters(key.topic) + [.text(key.id)]
    }

    private static func values(_ subscription: SubscriptionRecord) -> [SQLValue] {
        [
            SQLValue(subscription.isConfirmed), SQLValue(subscription.wasAuthenticated),
            SQLValue(subscription.authenticatesUnsubscribe), SQLValue(subscription.token),
            .integer(subscription.tokenExpires.milliseconds), .text(TextMap.text(subscription.attributes)),
        ]
    }
}

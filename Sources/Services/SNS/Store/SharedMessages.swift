import Persistence

/// Messages that several deliveries wait for, each in a row of its own, which the last of them removes.
enum SharedMessages {
    static func insert(_ message: PublishedMessage, deliveries: Int, _ connection: any SQLConnection) throws -> Int64 {
        let id = Int64.random(in: 1 ... .max)
        try connection.execute(
            "INSERT INTO sns_message (id, remaining, payload) VALUES (?, ?, ?)",
            [.integer(id), SQLValue(deliveries), .blob(message.bytes)])
        return id
    }

    static func find(_ id: Int64, _ database: any Database) async throws -> PublishedMessage? {
        try await database.read {
            try $0.query("SELECT payload FROM sns_message WHERE id = ?", [.integer(id)]).first?.blob(0)
        }.flatMap(PublishedMessage.init(bytes:))
    }

    /// A delivery is over.
    static func release(_ id: Int64, _ connection: any SQLConnection) throws {
        try connection.execute("UPDATE sns_message SET remaining = remaining - 1 WHERE id = ?", [.integer(id)])
        try connection.execute("DELETE FROM sns_message WHERE id = ? AND remaining <= 0", [.integer(id)])
    }
}

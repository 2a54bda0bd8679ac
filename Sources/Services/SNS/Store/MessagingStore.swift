import Persistence

/// What an account has said of text messages: attributes, the sandbox's numbers, and numbers that opted out, by kind and name.
struct MessagingStore: Sendable {
    let database: any Database

    func value(_ kind: String, _ name: String, account: String, region: String) async throws -> String? {
        try await database.read { connection in
            try connection.first(
                "SELECT value FROM sns_sms WHERE account = ? AND region = ? AND kind = ? AND name = ?",
                [.text(account), .text(region), .text(kind), .text(name)])?.text(0)
        }
    }

    func all(_ kind: String, account: String, region: String) async throws -> [String: String] {
        let rows = try await list(kind, account: account, region: region, after: "", limit: 1000)
        return Dictionary(rows.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }

    /// Those behind a name, in the order of their names.
    func list(_ kind: String, account: String, region: String, after name: String, limit: Int) async throws -> [(
        name: String, value: String
    )] {
        let rows = try await database.read { connection in
            try connection.query(
                """
                SELECT name, value FROM sns_sms WHERE account = ? AND region = ? AND kind = ? AND name > ?
                ORDER BY name LIMIT ?
                """, [.text(account), .text(region), .text(kind), .text(name), SQLValue(limit)])
        }
        return rows.map { ($0.text(0) ?? "", $0.text(1) ?? "") }
    }

    func set(_ kind: String, _ values: [String: String], account: String, region: String) async throws {
        try await database.write { connection in
            for (name, value) in values {
                try connection.execute(
                    """
                    INSERT INTO sns_sms (account, region, kind, name, value) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (account, region, kind, name) DO UPDATE SET value = excluded.value
                    """, [.text(account), .text(region), .text(kind), .text(name), .text(value)])
            }
        }
    }

    /// - Returns: whether there was one.
    @discardableResult
    func remove(_ kind: String, _ name: String, account: String, region: String) async throws -> Bool {
        try await database.write { connection in
            try connection.execute(
                "DELETE FROM sns_sms WHERE account = ? AND region = ? AND kind = ? AND name = ?",
                [.text(account), .text(region), .text(kind), .text(name)]) > 0
        }
    }
}

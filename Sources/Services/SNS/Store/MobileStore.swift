import Persistence
import ServiceModel

/// The rows of platform applications and their endpoints.
struct MobileStore: Sendable {
    let database: any Database

    // MARK: Applications

    /// The attributes of an application; nil if there is none.
    func application(_ key: ApplicationKey) async throws -> [String: String]? {
        try await database.read { try Self.application(key, $0) }
    }

    private static func application(_ key: ApplicationKey, _ connection: any SQLConnection) throws -> [String: String]?
    {
        try connection.first(
            "SELECT attributes FROM sns_application WHERE account = ? AND region = ? AND name = ?", parameters(key))?
            .text(0).flatMap(TextMap.map)
    }

    func put(_ key: ApplicationKey, _ attributes: [String: String]) async throws {
        try await database.write { connection in
            try connection.execute(
                """
                INSERT INTO sns_application (account, region, name, attributes) VALUES (?, ?, ?, ?)
                ON CONFLICT (account, region, name) DO UPDATE SET attributes = excluded.attributes
                """, Self.parameters(key) + [.text(TextMap.text(attributes))])
        }
    }

    /// With its endpoints.
    func delete(_ key: ApplicationKey) async throws {
        try await database.write { connection in
            try connection.execute(
                "DELETE FROM sns_endpoint WHERE account = ? AND region = ? AND application = ?", Self.parameters(key))
            try connection.execute(
                "DELETE FROM sns_application WHERE account = ? AND region = ? AND name = ?", Self.parameters(key))
        }
    }

    func applications(account: String, region: String, after name: String, limit: Int) async throws -> [(
        path: String, attributes: [String: String]
    )] {
        let rows = try await database.read { connection in
            try connection.query(
                "SELECT name, attributes FROM sns_application WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?",
                [.text(account), .text(region), .text(name), SQLValue(limit)])
        }
        return rows.map { ($0.text(0) ?? "", TextMap.map($0.text(1) ?? "") ?? [:]) }
    }

    // MARK: Endpoints

    func endpoint(_ key: EndpointKey) async throws -> MobileEndpoint? {
        try await database.read { connection in
            try connection.first(
                "SELECT attributes FROM sns_endpoint WHERE account = ? AND region = ? AND application = ? AND id = ?",
                Self.parameters(key.application) + [.text(key.id)])?
                .text(0).map { MobileEndpoint(key: key, attributes: TextMap.map($0) ?? [:]) }
        }
    }

    /// Makes an endpoint, or finds the one that has its token.
    /// - Returns: nil if there is no such application.
    func create(_ endpoint: MobileEndpoint, token: String) async throws -> MobileEndpoint? {
        try await database.write { connection in
            let application = endpoint.key.application
            guard try Self.application(application, connection) != nil else { return nil }
            if let row = try connection.first(
                "SELECT id, attributes FROM sns_endpoint WHERE account = ? AND region = ? AND application = ? AND token = ?",
                Self.parameters(application) + [.text(token)])
            {
                return MobileEndpoint(
                    key: EndpointKey(application: application, id: row.text(0) ?? ""),
                    attributes: TextMap.map(row.text(1) ?? "") ?? [:])
            }
            try connection.execute(
                "INSERT INTO sns_endpoint (account, region, application, id, token, attributes) VALUES (?, ?, ?, ?, ?, ?)",
                Self.parameters(application) + [
                    .text(endpoint.key.id), .text(token), .text(TextMap.text(endpoint.attributes)),
                ])
            return endpoint
        }
    }

    func update(_ endpoint: MobileEndpoint) async throws {
        try await database.write { connection in
            try connection.execute(
                "UPDATE sns_endpoint SET attributes = ?, token = ? WHERE account = ? AND region = ? AND application = ? AND id = ?",
                [.text(TextMap.text(endpoint.attributes)), .text(endpoint.attributes["Token"] ?? "")]
                    + Self.parameters(endpoint.key.application) + [.text(endpoint.key.id)])
        }
    }

    func delete(_ key: EndpointKey) async throws {
        try await database.write { connection in
            try connection.execute(
                "DELETE FROM sns_endpoint WHERE account = ? AND region = ? AND application = ? AND id = ?",
                Self.parameters(key.application) + [.text(key.id)])
        }
    }

    func endpoints(_ key: ApplicationKey, after id: String, limit: Int) async throws -> [MobileEndpoint] {
        let rows = try await database.read { connection in
            try connection.query(
                """
                SELECT id, attributes FROM sns_endpoint WHERE account = ? AND region = ? AND application = ? AND id > ?
                ORDER BY id LIMIT ?
                """, Self.parameters(key) + [.text(id), SQLValue(limit)])
        }
        return rows.map {
            MobileEndpoint(
                key: EndpointKey(application: key, id: $0.text(0) ?? ""),
                attributes: TextMap.map($0.text(1) ?? "") ?? [:])
        }
    }

    private static func parameters(_ key: ApplicationKey) -> [SQLValue] {
        [.text(key.account), .text(key.region), .text(key.path)]
    }
}

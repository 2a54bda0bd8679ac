import Persistence
import ServiceModel

extension LambdaTransaction {
    /// Nil if there is no such resource.
    func tags(_ resource: TaggedResource) throws -> [String: String]? {
        if case .function(let key) = resource { return try tags(key) }
        guard try exists(resource) else { return nil }
        let row = try connection.first(
            "SELECT tags FROM lambda_resource_tags WHERE account = ? AND region = ? AND resource = ?",
            parameters(resource))
        return row?.text(0).flatMap(TextMap.map) ?? [:]
    }

    /// Replaces the tags of a resource that is no function; none removes them.
    func setTags(_ resource: TaggedResource, _ tags: [String: String]) throws {
        guard !tags.isEmpty else {
            try connection.execute(
                "DELETE FROM lambda_resource_tags WHERE account = ? AND region = ? AND resource = ?",
                parameters(resource))
            return
        }
        try connection.execute(
            """
            INSERT INTO lambda_resource_tags (account, region, resource, tags) VALUES (?, ?, ?, ?)
            ON CONFLICT (account, region, resource) DO UPDATE SET tags = excluded.tags
            """, parameters(resource) + [.text(TextMap.text(tags))])
    }

    private func exists(_ resource: TaggedResource) throws -> Bool {
        switch resource {
        case .function(let key): try exists(key)
        case .codeSigning(let key): try codeSigning(key) != nil
        case .mapping(let key): try mapping(key) != nil
        }
    }

    private func parameters(_ resource: TaggedResource) -> [SQLValue] {
        switch resource {
        case .function(let key): [.text(key.account), .text(key.region), .text("function:\(key.name)")]
        case .codeSigning(let key): [.text(key.account), .text(key.region), .text("code-signing-config:\(key.id)")]
        case .mapping(let key): [.text(key.account), .text(key.region), .text("event-source-mapping:\(key.uuid)")]
        }
    }
}

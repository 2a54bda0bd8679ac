import Persistence

/// What carries tags.
enum TagOwner: Sendable, Hashable {
    case role(String)
    case policy(String)

    fileprivate var key: String {
        switch self {
        case .role(let name): "role/" + name.lowercased()
        case .policy(let name): "policy/" + name.lowercased()
        }
    }
}

extension IAMRows {
    /// The tags, in the order in which they came.
    func tags(of owner: TagOwner) throws -> [Tag] {
        try connection.query(
            "SELECT name, value FROM iam_tags WHERE account = ? AND owner = ? ORDER BY position",
            [.text(account), .text(owner.key)]
        ).map { Tag(key: $0.text(0) ?? "", value: $0.text(1) ?? "") }
    }

    func replaceTags(_ tags: [Tag], of owner: TagOwner) throws {
        try connection.execute(
            "DELETE FROM iam_tags WHERE account = ? AND owner = ?", [.text(account), .text(owner.key)])
        for (position, tag) in tags.enumerated() {
            try connection.execute(
                "INSERT INTO iam_tags (account, owner, position, name, value) VALUES (?, ?, ?, ?, ?)",
                [.text(account), .text(owner.key), SQLValue(position), .text(tag.key), .text(tag.value)])
        }
    }
}

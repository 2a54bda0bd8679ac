/// Texts by name, as one JSON object: how attributes, tags and variables are kept.
package enum TextMap {
    /// Without white space, the names in order.
    package static func text(_ map: [String: String]) -> String {
        JSONValue.object(
            map.sorted { $0.key < $1.key }.map { JSONValue.Member(name: $0.key, value: .string($0.value)) }
        ).compact
    }

    /// Nil if the text is anything else than an object of strings.
    package static func map(_ text: String) -> [String: String]? {
        guard let members = JSONValue(parsing: text)?.members else { return nil }
        var map: [String: String] = [:]
        map.reserveCapacity(members.count)
        for member in members {
            guard let text = member.value.text else { return nil }
            map[member.name] = text
        }
        return map
    }
}

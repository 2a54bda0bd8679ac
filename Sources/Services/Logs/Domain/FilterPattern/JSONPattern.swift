/// A pattern that reads an event's message as JSON: `{ $.errorCode = "4*" && $.latency > 100 }`.
struct JSONPattern: Hashable, Sendable {
    var condition: Condition

    indirect enum Condition: Hashable, Sendable {
        case compare(JSONSelector, PatternComparison, PatternValue)
        case isNull(JSONSelector)
        case isBoolean(JSONSelector, Bool)
        case exists(JSONSelector)
        case notExists(JSONSelector)
        case and([Condition])
        case or([Condition])
    }
}

extension JSONPattern.Condition {
    func matches(_ root: JSONNode) -> Bool {
        switch self {
        case .compare(let selector, let comparison, let value):
            selector.nodes(in: root).contains { $0.holds(comparison, value) }
        case .isNull(let selector): selector.nodes(in: root).contains(.null)
        case .isBoolean(let selector, let flag): selector.nodes(in: root).contains(.boolean(flag))
        case .exists(let selector): !selector.nodes(in: root).isEmpty
        case .notExists(let selector): selector.nodes(in: root).isEmpty
        case .and(let conditions): conditions.allSatisfy { $0.matches(root) }
        case .or(let conditions): conditions.contains { $0.matches(root) }
        }
    }

    /// Every selector in the condition.
    var selectors: [JSONSelector] {
        switch self {
        case .compare(let selector, _, _), .isNull(let selector), .isBoolean(let selector, _), .exists(let selector),
            .notExists(let selector):
            [selector]
        case .and(let conditions), .or(let conditions): conditions.flatMap(\.selectors)
        }
    }
}

extension JSONNode {
    /// Whether a value node stands in the relation. Lists and objects never do, not even to `!=`; neither does null.
    func holds(_ comparison: PatternComparison, _ value: PatternValue) -> Bool {
        switch self {
        case .string(let text): comparison.holds(text, value)
        case .number(let text):
            if case .number = value { comparison.holds(Double(text), value) } else { comparison.holds(text, value) }
        case .boolean(let flag): comparison.holds(flag ? "true" : "false", value)
        case .null, .array, .object: false
        }
    }

    /// The text of a value node; nil for lists and objects.
    var scalarText: String? {
        switch self {
        case .string(let text), .number(let text): text
        case .boolean(let flag): flag ? "true" : "false"
        case .null: "null"
        case .array, .object: nil
        }
    }
}

/// A path from the root of a JSON text: `$.users[0].id`, `$.['a.b']`, `$.users[*].id`.
struct JSONSelector: Hashable, Sendable {
    enum Step: Hashable, Sendable {
        case member(String)
        case element(Int)
        /// `[*]` or `.*`: each element or member.
        case each
    }

    /// As it was written.
    var source: String
    var steps: [Step]

    /// The nodes it points to: one at most without a wildcard.
    func nodes(in root: JSONNode) -> [JSONNode] {
        var nodes = [root]
        for step in steps {
            nodes = nodes.flatMap { node -> [JSONNode] in
                switch (step, node) {
                case (.member(let name), .object(let members)): members[name].map { [$0] } ?? []
                case (.element(let index), .array(let elements)): index < elements.count ? [elements[index]] : []
                case (.each, .array(let elements)): elements
                case (.each, .object(let members)): Array(members.values)
                default: []
                }
            }
            if nodes.isEmpty { return [] }
        }
        return nodes
    }
}

/// Whose event patterns: services share the grammar, and differ in what they take and how they refuse.
public enum EventPatternDialect: Sendable, Hashable {
    /// EventBridge's rules, and the filters of event source mappings.
    case events
    /// The filter policies of SNS, for the body of messages.
    /// https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
    case messageBody
    /// The filter policies of SNS, for messages' attributes: `null` is also an attribute that is not there.
    case messageAttributes

    var isEvents: Bool { self == .events }

    /// What stands for an operator in a match expression.
    var operators: Set<String> {
        isEvents
            ? [
                "prefix", "suffix", "equals-ignore-case", "anything-but", "wildcard", "numeric", "cidr", "exists",
                "exactly",
            ] : ["prefix", "suffix", "equals-ignore-case", "anything-but", "numeric", "cidr", "exists"]
    }
}

extension EventPattern {
    /// How many values its fields have, multiplied, each with its depth: SNS limits the product.
    public var combinations: Int { fields.combinations(depth: 1) }

    /// How many fields have values.
    public var leaves: Int { fields.leaves }

    /// Whether a field holds fields.
    public var isNested: Bool { fields.isNested }
}

extension EventPattern.Fields {
    private static let most = 1 << 40

    fileprivate func combinations(depth: Int) -> Int {
        var product = 1
        for field in fields {
            let factor =
                switch field.condition {
                case .anyOf(let matchers): matchers.count * depth
                case .fields(let fields): fields.combinations(depth: depth + 1)
                }
            product = min(Self.most, product * min(factor, Self.most >> 20))
        }
        for group in alternatives {
            let sum = group.reduce(0) { min(Self.most >> 20, $0 + $1.combinations(depth: depth)) }
            product = min(Self.most, product * max(sum, 1))
        }
        return product
    }

    fileprivate var leaves: Int {
        fields.reduce(0) { count, field in
            if case .fields(let fields) = field.condition { count + fields.leaves } else { count + 1 }
        } + alternatives.reduce(0) { $0 + $1.reduce(0) { $0 + $1.leaves } }
    }

    fileprivate var isNested: Bool {
        fields.contains { if case .fields = $0.condition { true } else { false } }
            || alternatives.contains { $0.contains(where: \.isNested) }
    }
}

/// A value that a message's attribute has.
public enum EventScalar: Sendable, Hashable {
    case string(String)
    case number(Double)
    /// Of a JSON text with an array; nothing else matches.
    case array(String)
}

extension EventDocument {
    /// A document whose members are these, with their names taken as they are.
    public init(attributes: [(name: String, value: EventScalar)]) {
        root = EventValue(
            content: .object(
                attributes.compactMap { attribute in
                    guard let value = Self.value(attribute.value) else { return nil }
                    return EventValue.Member(
                        name: attribute.name, hasDot: attribute.name.utf8.contains(UInt8(ascii: ".")), offset: 0,
                        value: value)
                }), offset: 0, end: 0)
    }

    private static func value(_ scalar: EventScalar) -> EventValue? {
        switch scalar {
        case .string(let text): return EventValue(content: .string(text), offset: 0, end: 0)
        case .number(let number): return EventValue(content: .number(number), offset: 0, end: 0)
        case .array(let text):
            guard let document = try? EventDocument(text), case .array = document.root.content else { return nil }
            return document.root
        }
    }
}

/// An event pattern: what EventBridge's rules, and the filters of Lambda's event source mappings, choose events by.
/// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
///
/// All fields of a pattern must match, and of each field any of its values. A field's value that is an array matches if
/// one of its elements does; fields of objects in an array match in the same object. A dot in a name is the same as nesting.
public struct EventPattern: Sendable, Hashable {
    /// What an object must hold.
    struct Fields: Sendable, Hashable {
        var fields: [Field] = []
        /// Of each group, one alternative must match.
        var alternatives: [[Fields]] = []
    }

    struct Field: Sendable, Hashable {
        var name: String
        var condition: Condition
    }

    indirect enum Condition: Sendable, Hashable {
        /// The field is a scalar, or an array of them, and one of these matches.
        case anyOf([EventMatcher])
        /// The field is an object, or an array of them.
        case fields(Fields)
    }

    let fields: Fields

    /// - Throws: ``EventPatternError``.
    public init(_ text: String, dialect: EventPatternDialect = .events) throws(EventPatternError) {
        fields = try EventPatternParser(dialect: dialect).pattern(try EventDocument(text).root)
    }

    public func matches(_ event: EventDocument) -> Bool {
        guard case .object(let members) = event.root.content else { return false }
        return fields.match(members)
    }
}

extension EventPattern.Fields {
    func match(_ members: [EventValue.Member]) -> Bool {
        fields.allSatisfy { $0.condition.match($0.candidates(in: members)) }
            && alternatives.allSatisfy { group in group.contains { $0.match(members) } }
    }
}

extension EventPattern.Field {
    /// What an object has under this name, also as the beginning of a longer name with dots.
    fileprivate func candidates(in members: [EventValue.Member]) -> [EventValue] {
        var found: [EventValue] = []
        for member in members {
            // As bytes: AWS does not normalise.
            if member.name.utf8.elementsEqual(name.utf8) {
                found.append(member.value)
            } else if member.hasDot, member.name.utf8.starts(with: name.utf8),
                member.name.utf8.dropFirst(name.utf8.count).first == UInt8(ascii: ".")
            {
                var rest = member
                rest.name = String(decoding: member.name.utf8.dropFirst(name.utf8.count + 1), as: UTF8.self)
                rest.hasDot = rest.name.utf8.contains(UInt8(ascii: "."))
                found.append(EventValue(content: .object([rest]), offset: member.offset, end: member.value.end))
            }
        }
        return found
    }
}

extension EventPattern.Condition {
    fileprivate func match(_ candidates: [EventValue]) -> Bool {
        switch self {
        case .anyOf(let matchers):
            if candidates.contains(where: { $0.forEachLeaf { leaf in matchers.contains { $0.matches(leaf) } } }) {
                return true
            }
            // Only scalars exist: an object, or an empty array, is as good as nothing.
            return matchers.contains(.absent) && !candidates.contains { $0.forEachLeaf { _ in true } }
        case .fields(let fields):
            if candidates.contains(where: { $0.forEachObject { fields.match($0) } }) { return true }
            return !candidates.contains { $0.forEachObject { _ in true } } && fields.match([])
        }
    }
}

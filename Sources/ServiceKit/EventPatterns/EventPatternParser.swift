/// Makes a pattern of JSON: fields, and which of them are operators.
struct EventPatternParser {
    var dialect = EventPatternDialect.events

    func pattern(_ value: EventValue) throws(EventPatternError) -> EventPattern.Fields {
        guard case .object(let members) = value.content else {
            throw EventPatternError("Filter is not an object", at: value.offset)
        }
        return try fields(members, end: value.end)
    }

    private func fields(_ members: [EventValue.Member], end: Int) throws(EventPatternError) -> EventPattern.Fields {
        guard !members.isEmpty else { throw EventPatternError("Empty objects are not allowed", at: end) }
        var fields = EventPattern.Fields()
        for member in members {
            if let group = try alternatives(member) {
                fields.alternatives.append(group)
                continue
            }
            var names = member.name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            var field = EventPattern.Field(name: names.removeLast(), condition: try condition(member))
            for name in names.reversed() {
                field = EventPattern.Field(
                    name: name, condition: .fields(EventPattern.Fields(fields: [field])))
            }
            // A later field of the same name replaces the earlier one.
            fields.fields.removeAll { $0.name == field.name && names.isEmpty }
            fields.fields.append(field)
        }
        return fields
    }

    /// `$or` is an operator if it has two objects or more, and nothing else, and a field's name otherwise.
    private func alternatives(_ member: EventValue.Member) throws(EventPatternError) -> [EventPattern.Fields]? {
        guard member.name == "$or", case .array(let elements) = member.value.content, elements.count > 1,
            elements.allSatisfy({ $0.isObject && !isExpression($0) })
        else { return nil }
        var group: [EventPattern.Fields] = []
        for element in elements {
            guard case .object(let members) = element.content else { continue }
            group.append(try fields(members, end: element.end))
        }
        return group
    }

    /// Whether an object in a list is an operator and its operand, rather than fields.
    private func isExpression(_ value: EventValue) -> Bool {
        guard case .object(let members) = value.content else { return false }
        return members.contains { dialect.operators.contains($0.name) }
    }

    private func condition(_ member: EventValue.Member) throws(EventPatternError) -> EventPattern.Condition {
        switch member.value.content {
        case .object(let members): return .fields(try fields(members, end: member.value.end))
        case .array(let elements):
            guard !elements.isEmpty else {
                throw EventPatternError("Empty arrays are not allowed", at: member.value.end)
            }
            var matchers: [EventMatcher] = []
            for element in elements { matchers.append(try EventMatcherParser(dialect: dialect).matcher(element)) }
            if dialect == .messageAttributes, matchers.contains(.null) { matchers.append(.absent) }
            return .anyOf(matchers)
        default:
            throw EventPatternError("\"\(member.name)\" must be an object or an array", at: member.value.offset)
        }
    }
}

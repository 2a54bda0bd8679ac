/// Makes the values of a pattern's field.
struct EventMatcherParser {
    var dialect = EventPatternDialect.events

    func matcher(_ value: EventValue) throws(EventPatternError) -> EventMatcher {
        switch value.content {
        case .null: return .null
        case .boolean(let flag): return .boolean(flag)
        case .number(let number): return .number(number)
        case .string(let text): return .string(text)
        case .array:
            throw EventPatternError("Match value must be String, number, true, false, or null", at: value.offset)
        case .object(let members):
            guard let member = members.first else {
                throw EventPatternError("Empty match expression", at: value.end)
            }
            let matcher = try expression(member.name, member.value)
            if members.count > 1 {
                throw EventPatternError("Only one key allowed in match expression", at: members[1].offset)
            }
            return matcher
        }
    }

    private func expression(_ name: String, _ value: EventValue) throws(EventPatternError) -> EventMatcher {
        guard dialect.operators.contains(name) else {
            throw EventPatternError("Unrecognized match type \(name)", at: value.offset)
        }
        switch name {
        case "exactly": return .string(try string(value, "exact match pattern must be a string"))
        case "prefix":
            if let text = try ignoringCase(value, "prefix") { return .prefixIgnoringCase(text) }
            return .prefix(try string(value, "prefix match pattern must be a string"))
        case "suffix":
            if let text = try ignoringCase(value, "suffix") { return .suffixIgnoringCase(text) }
            return .suffix(try string(value, "suffix match pattern must be a string"))
        case "equals-ignore-case":
            return .equalsIgnoringCase(
                try string(value, "equals-ignore-case match pattern must be a string").lowercased())
        case "wildcard":
            return .wildcard(try wildcard(try string(value, "wildcard match pattern must be a string")))
        case "cidr": return .address(try EventAddressRange(try string(value, "prefix match pattern must be a string")))
        case "numeric": return .numeric(try range(value))
        case "exists":
            guard case .boolean(let exists) = value.content else {
                throw EventPatternError("exists match pattern must be either true or false.", at: value.offset)
            }
            return exists ? .present : .absent
        case "anything-but": return try anythingBut(value)
        default: throw EventPatternError("Unrecognized match type \(name)", at: value.offset)
        }
    }

    private func string(
        _ value: EventValue, _ reason: String, isInsideList: Bool = false
    ) throws(EventPatternError) -> String {
        guard case .string(let text) = value.content else {
            throw EventPatternError(reason, at: value.offset, isInsideList: isInsideList)
        }
        return text
    }

    /// `{"prefix": {"equals-ignore-case": "…"}}`.
    private func ignoringCase(_ value: EventValue, _ name: String) throws(EventPatternError) -> String? {
        guard dialect.isEvents, case .object(let members) = value.content else { return nil }
        guard let member = members.first, members.count == 1, member.name == "equals-ignore-case" else {
            throw EventPatternError("Unsupported \(name) pattern: \(members.first?.name ?? "")", at: value.offset)
        }
        return try string(member.value, "\(name) match pattern must be a string").lowercased()
    }

    /// Asterisks beyond these make AWS's rules too complex: they are compiled to a machine.
    private static let maximumAsterisks = 20

    private func wildcard(_ text: String) throws(EventPatternError) -> EventWildcard {
        let wildcard = try EventWildcard(text)
        if wildcard.asterisks > Self.maximumAsterisks {
            throw EventPatternError(
                "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
                    + "after a wildcard character")
        }
        return wildcard
    }

    // MARK: Numbers

    private func range(_ value: EventValue) throws(EventPatternError) -> EventNumberRange {
        guard case .array(let terms) = value.content else {
            throw EventPatternError("Value of numeric must be an array.", at: value.offset)
        }
        guard case .string(let sign)? = terms.first?.content else {
            throw EventPatternError(
                named("Invalid member in numeric match", terms.first), at: terms.first?.offset ?? value.end)
        }
        guard ["=", "<", "<=", ">", ">="].contains(sign) else {
            throw EventPatternError(
                "Unrecognized numeric range operator: \(sign)", at: terms.count > 1 ? terms[1].offset : value.end)
        }
        let number = try operand(of: sign, terms, 1, end: value.end)
        var range = EventNumberRange()
        switch sign {
        case "=": range = .exactly(number)
        case "<", "<=": range.top = EventNumberRange.Bound(value: number, isInclusive: sign == "<=")
        case ">", ">=":
            range.bottom = EventNumberRange.Bound(value: number, isInclusive: sign == ">=")
            guard terms.count > 2 else { return range }
            guard case .string(let second) = terms[2].content, second == "<" || second == "<=" else {
                var reason = "Bad numeric range operator"
                if case .number = terms[2].content, !dialect.isEvents { reason = "Bad value in numeric range" }
                throw EventPatternError(named(reason, terms[2]), at: terms[2].end)
            }
            let top = try operand(of: second, terms, 3, end: value.end)
            guard top > number else {
                throw EventPatternError(
                    "Bottom must be less than top", at: terms.count > 4 ? terms[4].offset : value.end)
            }
            range.top = EventNumberRange.Bound(value: top, isInclusive: second == "<=")
            if terms.count > 4 {
                throw EventPatternError("Too many terms in numeric range expression", at: terms[4].offset)
            }
            return range
        default: break
        }
        if terms.count > 2 {
            throw EventPatternError(
                dialect.isEvents
                    ? "Too many terms in numeric range expression" : "Too many elements in numeric expression",
                at: terms[2].offset)
        }
        return range
    }

    /// SNS names what it doesn't like; the end of a list is a bracket.
    private func named(_ reason: String, _ term: EventValue?) -> String {
        guard !dialect.isEvents else { return reason }
        switch term?.content {
        case .string(let text): return "\(reason): \(text)"
        case .number(let number):
            return "\(reason): \(Int64(exactly: number).map(String.init) ?? number.description)"
        case .boolean(let flag): return "\(reason): \(flag)"
        case .null: return "\(reason): null"
        case .array: return "\(reason): ["
        case .object: return "\(reason): {"
        case nil: return "\(reason): ]"
        }
    }

    private func operand(
        of sign: String, _ terms: [EventValue], _ index: Int, end: Int
    ) throws(EventPatternError) -> Double {
        guard index < terms.count, case .number(let number) = terms[index].content else {
            let name = sign == "=" ? "equals" : sign
            throw EventPatternError(
                "Value of \(name) must be numeric", at: index < terms.count ? terms[index].offset : end)
        }
        guard EventNumberRange.limits.contains(number) else {
            throw EventPatternError("Value must be between -5.0E9 and 5.0E9, inclusive", at: terms[index].offset)
        }
        return number
    }

    // MARK: Anything but

    private func anythingBut(_ value: EventValue) throws(EventPatternError) -> EventMatcher {
        switch value.content {
        case .string(let text): return .anythingBut([.string(text)])
        case .number(let number): return .anythingBut([.number(number)])
        case .array(let elements):
            guard !elements.isEmpty else { throw EventPatternError("Empty arrays are not allowed", at: value.end) }
            return .anythingBut(try plain(elements))
        case .object(let members):
            guard let member = members.first else { throw EventPatternError("Empty match expression", at: value.end) }
            let others = try refused(member.name, member.value)
            if members.count > 1 {
                throw EventPatternError("Only one key allowed in match expression", at: members[1].offset)
            }
            return .anythingBut(others)
        case .null, .boolean:
            throw EventPatternError(
                "Value of anything-but must be an array or single string/number value.", at: value.offset)
        }
    }

    private func plain(_ elements: [EventValue]) throws(EventPatternError) -> [EventMatcher] {
        var matchers: [EventMatcher] = []
        var (hasStrings, hasNumbers) = (false, false)
        for element in elements {
            switch element.content {
            case .string(let text):
                hasStrings = true
                matchers.append(.string(text))
            case .number(let number):
                hasNumbers = true
                matchers.append(.number(number))
            default:
                throw EventPatternError(
                    "Inside anything but list, start|null|boolean is not supported.", at: element.offset,
                    isInsideList: true)
            }
            if hasStrings && hasNumbers {
                throw EventPatternError(
                    "Inside anything but list, either all values are number or string, mixed type is not supported",
                    at: element.offset, isInsideList: true)
            }
        }
        return matchers
    }

    private static let reasons = [
        "prefix": "prefix/suffix match pattern must be a string",
        "suffix": "prefix/suffix match pattern must be a string",
        "wildcard": "wildcard match pattern must be a string",
        "equals-ignore-case":
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
    ]

    /// What `{"anything-but": {name: …}}` refuses; its value is a string or a list of them.
    private func refused(_ name: String, _ value: EventValue) throws(EventPatternError) -> [EventMatcher] {
        let reasons = dialect.isEvents ? Self.reasons : ["prefix": "prefix match pattern must be a string"]
        guard let reason = reasons[name] else {
            throw EventPatternError("Unsupported anything-but pattern: \(name)", at: value.offset)
        }
        var elements = [value]
        var isInsideList = false
        if case .array(let list) = value.content {
            guard !list.isEmpty else { throw EventPatternError("Empty arrays are not allowed", at: value.end) }
            (elements, isInsideList) = (list, true)
        }
        var matchers: [EventMatcher] = []
        for element in elements {
            let text = try string(element, reason, isInsideList: isInsideList)
            switch name {
            case "prefix": matchers.append(.prefix(text))
            case "suffix": matchers.append(.suffix(text))
            case "wildcard": matchers.append(.wildcard(try wildcard(text)))
            default: matchers.append(.equalsIgnoringCase(text.lowercased()))
            }
        }
        return matchers
    }
}

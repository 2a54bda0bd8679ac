/// Parses what stands between the braces of a JSON pattern. `&&` binds tighter than `||`; parentheses group.
struct JSONPatternParser {
    private var scanner: PatternScanner
    private var regexes = 0

    /// How deep parentheses may nest.
    static let maximumDepth = 64

    static func parse(_ source: String) throws(FilterPatternError) -> JSONPattern {
        var parser = JSONPatternParser(scanner: PatternScanner(source))
        let condition = try parser.or(0)
        parser.scanner.skipSpace()
        guard parser.scanner.isAtEnd else { throw .invalid }
        return JSONPattern(condition: condition)
    }

    private mutating func or(_ depth: Int) throws(FilterPatternError) -> JSONPattern.Condition {
        var conditions = [try and(depth)]
        while takeOperator("||") { conditions.append(try and(depth)) }
        return conditions.count == 1 ? conditions[0] : .or(conditions)
    }

    private mutating func and(_ depth: Int) throws(FilterPatternError) -> JSONPattern.Condition {
        var conditions = [try primary(depth)]
        while takeOperator("&&") { conditions.append(try primary(depth)) }
        return conditions.count == 1 ? conditions[0] : .and(conditions)
    }

    private mutating func takeOperator(_ text: String) -> Bool {
        scanner.skipSpace()
        return scanner.take(text)
    }

    private mutating func primary(_ depth: Int) throws(FilterPatternError) -> JSONPattern.Condition {
        guard depth < Self.maximumDepth else { throw .invalid }
        scanner.skipSpace()
        if scanner.take("(") {
            let condition = try or(depth + 1)
            scanner.skipSpace()
            guard scanner.take(")") else { throw .invalid }
            return condition
        }
        let selector = try selector()
        scanner.skipSpace()
        if scanner.take(keyword: "IS") {
            scanner.skipSpace()
            if scanner.take(keyword: "NULL") { return .isNull(selector) }
            if scanner.take(keyword: "TRUE") { return .isBoolean(selector, true) }
            if scanner.take(keyword: "FALSE") { return .isBoolean(selector, false) }
            throw .invalid
        }
        if scanner.take(keyword: "NOT") {
            scanner.skipSpace()
            guard scanner.take(keyword: "EXISTS") else { throw .invalid }
            return .notExists(selector)
        }
        if scanner.take(keyword: "EXISTS") { return .exists(selector) }
        guard let comparison = scanner.comparison() else { throw .invalid }
        let value = try value()
        if comparison != .equal, comparison != .notEqual {
            guard case .number = value else { throw .invalid }
        }
        return .compare(selector, comparison, value)
    }

    private mutating func value() throws(FilterPatternError) -> PatternValue {
        scanner.skipSpace()
        switch scanner.peek {
        case "\"": return PatternValue(try scanner.quoted(), quoted: true)
        case "%":
            regexes += 1
            guard regexes <= PatternScanner.maximumRegexes else { throw .invalid }
            return .regex(try scanner.regex())
        default:
            let text = scanner.bare(until: "&|(){}")
            guard !text.isEmpty else { throw .invalid }
            // Anything else must be quoted.
            if let scalar = text.unicodeScalars.first(where: {
                !PatternScanner.isWord($0) && !"*.-+:/".unicodeScalars.contains($0)
            }) {
                throw .character(scalar)
            }
            return PatternValue(text, quoted: false)
        }
    }

    private mutating func selector() throws(FilterPatternError) -> JSONSelector {
        guard scanner.take("$") else {
            if let scalar = scanner.peek, !PatternScanner.isWord(scalar) { throw .character(scalar) }
            throw .invalid
        }
        var selector = JSONSelector(source: "$", steps: [])
        while let next = scanner.peek {
            if next == "." {
                scanner.advance()
                selector.source += "."
                if scanner.peek == "[" { continue }
                if scanner.take("*") {
                    selector.source += "*"
                    selector.steps.append(.each)
                    continue
                }
                let name = try memberName()
                selector.source += name
                selector.steps.append(.member(name))
            } else if next == "[" {
                scanner.advance()
                let (step, source) = try bracket()
                selector.source += "[\(source)]"
                selector.steps.append(step)
            } else {
                break
            }
        }
        guard !selector.steps.isEmpty else { throw .invalid }
        return selector
    }

    private mutating func memberName() throws(FilterPatternError) -> String {
        var name = String.UnicodeScalarView()
        while let next = scanner.peek,
            PatternScanner.isWord(next) || next == "-" || next == "@" || next == "$" || next == ":"
        {
            name.append(next)
            scanner.advance()
        }
        if name.isEmpty {
            guard let next = scanner.peek, !next.properties.isWhitespace else { throw .invalid }
            throw FilterPatternError(message: "Invalid character(s) in term '$.\(next)'")
        }
        return String(name)
    }

    private mutating func bracket() throws(FilterPatternError) -> (JSONSelector.Step, String) {
        scanner.skipSpace()
        let step: JSONSelector.Step
        let source: String
        if scanner.take("*") {
            (step, source) = (.each, "*")
        } else if let quote = scanner.peek, quote == "'" || quote == "\"" {
            scanner.advance()
            var name = String.UnicodeScalarView()
            while let next = scanner.peek, next != quote {
                name.append(next)
                scanner.advance()
            }
            guard scanner.peek == quote, !name.isEmpty else { throw .invalid }
            scanner.advance()
            (step, source) = (.member(String(name)), "'\(String(name))'")
        } else {
            let digits = scanner.bare(until: "]")
            guard digits.utf8.count <= 9, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let index = Int(digits)
            else {
                throw .invalid
            }
            (step, source) = (.element(index), digits)
        }
        scanner.skipSpace()
        guard scanner.take("]") else { throw .invalid }
        return (step, source)
    }
}

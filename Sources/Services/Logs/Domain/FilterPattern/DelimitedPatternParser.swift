/// Parses what stands between the square brackets of a space-delimited pattern.
struct DelimitedPatternParser {
    private var scanner: PatternScanner
    private var regexes = 0

    static func parse(_ source: String) throws(FilterPatternError) -> DelimitedPattern {
        var parser = DelimitedPatternParser(scanner: PatternScanner(source))
        var pattern = DelimitedPattern(leading: [], trailing: nil)
        while true {
            parser.scanner.skipSpace()
            if parser.scanner.take("...") || parser.scanner.take("…") {
                guard pattern.trailing == nil else { throw .invalid }
                pattern.trailing = []
            } else {
                let field = try parser.field()
                if pattern.trailing == nil { pattern.leading.append(field) } else { pattern.trailing?.append(field) }
            }
            parser.scanner.skipSpace()
            if parser.scanner.isAtEnd { return pattern }
            guard parser.scanner.take(",") else {
                if let scalar = parser.scanner.peek { throw .character(scalar) }
                throw .invalid
            }
        }
    }

    private mutating func field() throws(FilterPatternError) -> DelimitedPattern.Field {
        let opened = scanner.peek == "("
        let start = scanner
        let name = opened ? try lookAheadName() : name()
        if name.isEmpty {
            if let scalar = scanner.peek, scalar != "," { throw .character(scalar) }
            return .init(name: "", condition: nil)
        }
        scanner.skipSpace()
        if !opened, scanner.isAtEnd || scanner.peek == "," { return .init(name: name, condition: nil) }
        scanner = start
        return .init(name: name, condition: try or(name, 0))
    }

    /// The name in front of a condition that begins with parentheses.
    private func lookAheadName() throws(FilterPatternError) -> String {
        var ahead = self
        while ahead.scanner.take("(") { ahead.scanner.skipSpace() }
        let name = ahead.name()
        guard !name.isEmpty else { throw .invalid }
        return name
    }

    private mutating func name() -> String {
        var name = String.UnicodeScalarView()
        while let next = scanner.peek, PatternScanner.isWord(next) || next == "-" {
            name.append(next)
            scanner.advance()
        }
        return String(name)
    }

    private mutating func or(_ name: String, _ depth: Int) throws(FilterPatternError) -> DelimitedPattern.Condition {
        var conditions = [try and(name, depth)]
        while takeOperator("||") { conditions.append(try and(name, depth)) }
        return conditions.count == 1 ? conditions[0] : .or(conditions)
    }

    private mutating func and(_ name: String, _ depth: Int) throws(FilterPatternError) -> DelimitedPattern.Condition {
        var conditions = [try comparison(name, depth)]
        while takeOperator("&&") { conditions.append(try comparison(name, depth)) }
        return conditions.count == 1 ? conditions[0] : .and(conditions)
    }

    private mutating func takeOperator(_ text: String) -> Bool {
        scanner.skipSpace()
        return scanner.take(text)
    }

    private mutating func comparison(_ name: String, _ depth: Int) throws(FilterPatternError)
        -> DelimitedPattern.Condition
    {
        guard depth < JSONPatternParser.maximumDepth else { throw .invalid }
        scanner.skipSpace()
        if scanner.take("(") {
            let condition = try or(name, depth + 1)
            scanner.skipSpace()
            guard scanner.take(")") else { throw .invalid }
            return condition
        }
        // A condition speaks of its own field alone.
        guard self.name() == name else { throw .invalid }
        scanner.skipSpace()
        guard let comparison = scanner.comparison() else {
            if let scalar = scanner.peek { throw .character(scalar) }
            throw .invalid
        }
        scanner.skipSpace()
        let value: PatternValue
        switch scanner.peek {
        case "\"": value = PatternValue(try scanner.quoted(), quoted: true)
        case "%":
            regexes += 1
            guard regexes <= PatternScanner.maximumRegexes else { throw .invalid }
            value = .regex(try scanner.regex())
        default:
            let text = scanner.bare(until: ",&|()\"=<>![]")
            guard !text.isEmpty else { throw .invalid }
            value = PatternValue(text, quoted: false)
        }
        if comparison != .equal, comparison != .notEqual {
            guard case .number = value else { throw .invalid }
        }
        return .compare(comparison, value)
    }
}

/// Terms that an event must hold, must not hold, or must hold one of. All is case-sensitive.
struct TermPattern: Hashable, Sendable {
    enum Term: Hashable, Sendable {
        case text(String)
        case regex(PatternRegex)

        func occurs(in message: String) -> Bool {
            switch self {
            case .text(let text): message.utf8Contains(text)
            case .regex(let regex): regex.matches(message)
            }
        }
    }

    var required: [Term] = []
    var excluded: [Term] = []
    /// `?term`. AWS ignores these where the pattern has other terms as well.
    var anyOf: [Term] = []

    func matches(_ message: String) -> Bool {
        if required.isEmpty && excluded.isEmpty { return anyOf.contains { $0.occurs(in: message) } }
        return required.allSatisfy { $0.occurs(in: message) } && !excluded.contains { $0.occurs(in: message) }
    }
}

extension TermPattern {
    init(parsing source: String) throws(FilterPatternError) {
        var scanner = PatternScanner(source)
        var regexes = 0
        while true {
            scanner.skipSpace()
            guard let next = scanner.peek else { break }
            var sign: Unicode.Scalar?
            if next == "-" || next == "?" {
                sign = next
                scanner.advance()
                scanner.skipSpace()
            }
            let term: Term
            switch scanner.peek {
            case "\"": term = .text(try scanner.quoted())
            case "%":
                term = .regex(try scanner.regex())
                regexes += 1
                guard regexes <= PatternScanner.maximumRegexes else { throw .invalid }
            case nil:
                if let sign { throw .character(sign) }
                throw .invalid
            default: term = .text(try scanner.word())
            }
            switch sign {
            case "-": excluded.append(term)
            case "?": anyOf.append(term)
            default: required.append(term)
            }
        }
        // A lone "" is a term that every message holds.
    }
}

import ServiceKit

/// A filter pattern of CloudWatch Logs: which events are meant.
///
/// The syntax is AWS's ("Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail"): terms, JSON
/// conditions in braces, or space-delimited fields in square brackets.
enum FilterPattern: Hashable, Sendable {
    /// An empty pattern: every event.
    case all
    case terms(TermPattern)
    case json(JSONPattern)
    case delimited(DelimitedPattern)

    /// The longest pattern, in characters.
    static let maximumLength = 1024

    init(parsing source: String) throws(FilterPatternError) {
        guard source.unicodeScalars.count <= Self.maximumLength else { throw .invalid }
        let text = source.trimmingWhitespace
        guard let first = text.first else {
            self = .all
            return
        }
        switch first {
        case "{":
            guard text.count > 1, text.last == "}" else { throw .unclosed("{", "}") }
            self = .json(try JSONPatternParser.parse(String(text.dropFirst().dropLast())))
        case "[":
            guard text.count > 1, text.last == "]" else { throw .unclosed("[", "]") }
            self = .delimited(try DelimitedPatternParser.parse(String(text.dropFirst().dropLast())))
        default:
            self = .terms(try TermPattern(parsing: String(text)))
        }
    }

    func matches(_ message: String) -> Bool {
        switch self {
        case .all: true
        case .terms(let pattern): pattern.matches(message)
        case .json(let pattern): JSONNode.parse(message).map(pattern.condition.matches) ?? false
        case .delimited(let pattern): pattern.fields(message) != nil
        }
    }

    /// The values that the pattern finds in a message, nil if it does not match: by field (`$name`, `$1`) for space-delimited patterns, by
    /// selector for JSON ones.
    func extract(_ message: String) -> [String: String]? {
        switch self {
        case .all: return [:]
        case .terms(let pattern): return pattern.matches(message) ? [:] : nil
        case .delimited(let pattern): return pattern.fields(message)
        case .json(let pattern):
            guard let node = JSONNode.parse(message), pattern.condition.matches(node) else { return nil }
            var values: [String: String] = [:]
            for selector in pattern.condition.selectors {
                if let value = selector.nodes(in: node).first?.scalarText { values[selector.source] = value }
            }
            return values
        }
    }
}

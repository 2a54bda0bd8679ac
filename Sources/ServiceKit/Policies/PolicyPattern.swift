/// The wildcards of policies: `*` for any run of characters, `?` for one.
public enum PolicyPattern {
    /// Whether `text` matches the whole of `pattern`. The time is at most the product of the lengths.
    public static func matches(_ pattern: String, _ text: String, ignoringCase: Bool = false) -> Bool {
        ResolvedPattern(ignoringCase ? pattern.lowercased() : pattern).matches(ignoringCase ? text.lowercased() : text)
    }
}

/// A text of a policy that may have wildcards, with the values of its variables.
struct ResolvedPattern: Sendable, Hashable {
    enum Element: Sendable, Hashable {
        case scalar(Unicode.Scalar)
        case one
        case any
    }

    var elements: [Element] = []

    init() {}

    /// `*` and `?` are wildcards.
    init(_ pattern: some StringProtocol) { append(pattern: pattern) }

    mutating func append(pattern: some StringProtocol) {
        for scalar in pattern.unicodeScalars {
            switch scalar {
            case "*": elements.append(.any)
            case "?": elements.append(.one)
            default: elements.append(.scalar(scalar))
            }
        }
    }

    /// What stands for nothing but itself, such as a variable's value.
    mutating func append(literal: some StringProtocol) {
        elements += literal.unicodeScalars.map(Element.scalar)
    }

    /// As it reads, wildcards being characters.
    var text: String {
        var text = String.UnicodeScalarView()
        for element in elements {
            switch element {
            case .scalar(let scalar): text.append(scalar)
            case .one: text.append("?")
            case .any: text.append("*")
            }
        }
        return String(text)
    }

    func matches(_ text: some StringProtocol) -> Bool { Self.matches(elements[...], Array(text.unicodeScalars)) }

    private static func matches(_ pattern: ArraySlice<Element>, _ text: [Unicode.Scalar]) -> Bool {
        var p = pattern.startIndex
        var t = 0
        // Where the last star was, and how far it has eaten.
        var star: (pattern: Int, text: Int)?
        while t < text.count {
            if p < pattern.endIndex, pattern[p] == .any {
                star = (p, t)
                p += 1
            } else if p < pattern.endIndex, pattern[p] == .one || pattern[p] == .scalar(text[t]) {
                p += 1
                t += 1
            } else if let (starPattern, starText) = star {
                star = (starPattern, starText + 1)
                p = starPattern + 1
                t = starText + 1
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == .any }
    }

    /// Compares ARNs, each of the six parts by itself.
    func matchesARN(_ arn: String) -> Bool {
        if elements == [.any] { return true }
        let parts = elements.split(separator: .scalar(":"), maxSplits: 5, omittingEmptySubsequences: false)
        let actual = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, actual.count == 6 else { return false }
        return zip(parts, actual).allSatisfy { Self.matches($0, Array($1.unicodeScalars)) }
    }
}

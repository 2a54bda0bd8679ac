import Foundation

/// What a field is compared with: a text with wildcards at its ends, a number, or a regular expression.
enum PatternValue: Hashable, Sendable {
    /// `anyBefore` and `anyAfter`: the asterisks at the ends. One in the middle is an ordinary character, as on AWS.
    case text(String, anyBefore: Bool, anyAfter: Bool)
    /// Written without quotes. Also compared as text, with strings.
    case number(Double, text: String)
    case regex(PatternRegex)

    /// The value that a text stands for; numbers only if it was not quoted.
    init(_ source: String, quoted: Bool) {
        if !quoted, let number = Self.number(source) {
            self = .number(number, text: source)
            return
        }
        var text = Substring(source)
        if text == "*" {
            self = .text("", anyBefore: true, anyAfter: true)
            return
        }
        let before = text.hasPrefix("*")
        if before { text = text.dropFirst() }
        let after = text.hasSuffix("*")
        if after { text = text.dropLast() }
        self = .text(String(text), anyBefore: before, anyAfter: after)
    }

    /// An integer or decimal, with sign and exponent; nothing else that Double would take.
    static func number(_ text: some StringProtocol) -> Double? {
        guard let first = text.utf8.first, text.utf8.count <= 64 else { return nil }
        guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else { return nil }
        guard first != UInt8(ascii: "e"), first != UInt8(ascii: "E") else { return nil }
        return Double(text.hasPrefix("+") ? String(text.dropFirst()) : String(text))
    }

    func equals(_ text: String) -> Bool {
        switch self {
        case .regex(let regex): return regex.matches(text)
        case .number(let number, let source): return text == source || Self.number(text) == number
        case .text(let part, let anyBefore, let anyAfter):
            switch (anyBefore, anyAfter) {
            case (false, false): return text == part
            case (true, false): return text.utf8.reversed().starts(with: part.utf8.reversed())
            case (false, true): return text.utf8.starts(with: part.utf8)
            case (true, true): return part.isEmpty || text.utf8Contains(part)
            }
        }
    }
}

/// How a field is compared.
enum PatternComparison: String, Hashable, Sendable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="

    /// Orders need a number on both sides.
    func holds(_ field: Double?, _ value: PatternValue) -> Bool {
        guard let field, case .number(let number, _) = value else { return false }
        return switch self {
        case .equal: field == number
        case .notEqual: field != number
        case .less: field < number
        case .lessOrEqual: field <= number
        case .greater: field > number
        case .greaterOrEqual: field >= number
        }
    }

    /// Compares a field that is known as text.
    func holds(_ field: String, _ value: PatternValue) -> Bool {
        switch self {
        case .equal: value.equals(field)
        case .notEqual: !value.equals(field)
        default: holds(PatternValue.number(field), value)
        }
    }
}

extension String {
    /// Whether the bytes of `part` occur in these. Byte for byte: no canonical equivalence.
    func utf8Contains(_ part: String) -> Bool {
        if part.isEmpty { return true }
        var text = self
        var part = part
        return text.withUTF8 { text in
            part.withUTF8 { part in
                guard let haystack = text.baseAddress, let needle = part.baseAddress else { return false }
                var offset = 0
                while offset + part.count <= text.count {
                    guard let found = memchr(haystack + offset, Int32(needle[0]), text.count - part.count - offset + 1)
                    else { return false }
                    offset = UnsafeRawPointer(found) - UnsafeRawPointer(haystack)
                    if memcmp(haystack + offset, needle, part.count) == 0 { return true }
                    offset += 1
                }
                return false
            }
        }
    }
}

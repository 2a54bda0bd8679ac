/// Walks over the characters of a filter pattern.
struct PatternScanner {
    private let scalars: [Unicode.Scalar]
    private(set) var index = 0

    /// AWS's limit of regular expressions in one pattern.
    static let maximumRegexes = 2

    init(_ source: String) { scalars = Array(source.unicodeScalars) }

    var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }
    var isAtEnd: Bool { index >= scalars.count }

    mutating func advance() { index += 1 }

    mutating func skipSpace() {
        while let next = peek, next.properties.isWhitespace { index += 1 }
    }

    /// Takes `text` if it comes next.
    mutating func take(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard index + wanted.count <= scalars.count, Array(scalars[index..<index + wanted.count]) == wanted else {
            return false
        }
        index += wanted.count
        return true
    }

    /// Takes a keyword, in any case, if it comes next and ends there.
    mutating func take(keyword: String) -> Bool {
        let wanted = Array(keyword.unicodeScalars)
        let end = index + wanted.count
        guard end <= scalars.count, end == scalars.count || !Self.isWord(scalars[end]) else { return false }
        for (offset, scalar) in wanted.enumerated()
        where scalars[index + offset].properties.uppercaseMapping != String(scalar) {
            return false
        }
        index = end
        return true
    }

    /// A term of letters, digits and underscores.
    mutating func word() throws(FilterPatternError) -> String {
        var word = String.UnicodeScalarView()
        while let next = peek, !next.properties.isWhitespace {
            guard Self.isWord(next) else { throw .character(next) }
            word.append(next)
            index += 1
        }
        return String(word)
    }

    /// A phrase in double quotes, in which a backslash takes the next character as it is.
    mutating func quoted() throws(FilterPatternError) -> String {
        index += 1
        var text = String.UnicodeScalarView()
        while let next = peek {
            index += 1
            if next == "\"" { return String(text) }
            if next == "\\", let escaped = peek, escaped == "\"" || escaped == "\\" {
                text.append(escaped)
                index += 1
            } else {
                text.append(next)
            }
        }
        throw .invalid
    }

    /// A regular expression between percent signs.
    mutating func regex() throws(FilterPatternError) -> PatternRegex {
        index += 1
        var text = String.UnicodeScalarView()
        while let next = peek {
            index += 1
            if next == "%" { return try PatternRegexParser.parse(String(text)) }
            text.append(next)
            if next == "\\", let escaped = peek {
                text.append(escaped)
                index += 1
            }
        }
        throw .invalid
    }

    /// The text up to a character of `terminators` or white space.
    mutating func bare(until terminators: String) -> String {
        var text = String.UnicodeScalarView()
        while let next = peek, !next.properties.isWhitespace, !terminators.unicodeScalars.contains(next) {
            text.append(next)
            index += 1
        }
        return String(text)
    }

    mutating func comparison() -> PatternComparison? {
        for comparison in [PatternComparison.lessOrEqual, .greaterOrEqual, .notEqual, .equal, .less, .greater]
        where take(comparison.rawValue) { return comparison }
        return nil
    }

    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || (scalar.isASCII && PatternRegexParser.isAlphanumeric(UInt8(truncatingIfNeeded: scalar.value)))
    }
}

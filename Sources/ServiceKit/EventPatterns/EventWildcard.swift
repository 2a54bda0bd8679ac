/// A text in which `*` stands for any characters; `\*` and `\\` for an asterisk and a backslash.
struct EventWildcard: Sendable, Hashable {
    /// What is between the asterisks, as bytes.
    private var parts: [[UInt8]] = [[]]

    /// - Throws: ``EventPatternError`` for two asterisks in a row and for other escapes.
    init(_ text: String) throws(EventPatternError) {
        var isEscaped = false
        var previousIsAsterisk = false
        for (position, byte) in text.utf8.enumerated() {
            if isEscaped {
                guard byte == UInt8(ascii: "*") || byte == UInt8(ascii: "\\") else {
                    throw EventPatternError("Invalid escape character at pos \(position - 1)")
                }
                parts[parts.count - 1].append(byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "*") {
                if previousIsAsterisk {
                    throw EventPatternError("Consecutive wildcard characters at pos \(position - 1)")
                }
                parts.append([])
                previousIsAsterisk = true
                continue
            } else {
                parts[parts.count - 1].append(byte)
            }
            previousIsAsterisk = false
        }
        if isEscaped { throw EventPatternError("Invalid escape character at pos \(text.utf8.count - 1)") }
    }

    /// How many asterisks there are.
    var asterisks: Int { parts.count - 1 }

    func matches(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = parts.first, let last = parts.last, bytes.starts(with: first) else { return false }
        guard parts.count > 1 else { return bytes.count == first.count }
        guard bytes.count >= first.count + last.count, bytes.suffix(last.count).elementsEqual(last) else {
            return false
        }
        var rest = bytes[first.count..<(bytes.count - last.count)]
        // Each part as early as possible leaves the most for those after it.
        for part in parts.dropFirst().dropLast() {
            guard let end = Self.end(of: part, in: rest) else { return false }
            rest = rest[end...]
        }
        return true
    }

    private static func end(of part: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        var start = bytes.startIndex
        while start + part.count <= bytes.endIndex {
            if bytes[start...].starts(with: part) { return start + part.count }
            start += 1
        }
        return nil
    }
}

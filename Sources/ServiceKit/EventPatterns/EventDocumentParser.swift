/// Reads JSON, with the positions that the messages of AWS's rule compiler name.
struct EventDocumentParser {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(EventPatternError) -> EventValue {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw unexpected() }
        return value
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(EventPatternError) -> EventValue {
        guard depth < EventDocument.maximumDepth else {
            throw EventPatternError("The document nests deeper than \(EventDocument.maximumDepth) levels", at: position)
        }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""):
            // AWS's parser has read no more than the quotation mark when it knows that a string begins.
            let start = position + 1
            let text = try string()
            return EventValue(content: .string(text), offset: start, end: position)
        case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")):
            let number = try number()
            return scalar(.number(number))
        case nil: throw EventPatternError("Unexpected end-of-input", at: position)
        default:
            let word = try word()
            return scalar(word)
        }
    }

    private func scalar(_ content: EventValue.Content) -> EventValue {
        EventValue(content: content, offset: position, end: position)
    }

    private mutating func object(depth: Int) throws(EventPatternError) -> EventValue {
        position += 1
        let offset = position
        var members: [EventValue.Member] = []
        if take(UInt8(ascii: "}")) { return EventValue(content: .object([]), offset: offset, end: position) }
        repeat {
            skipSpace()
            guard current == UInt8(ascii: "\"") else {
                throw unexpected("was expecting double-quote to start field name")
            }
            let name = try string()
            guard take(UInt8(ascii: ":")) else {
                throw unexpected("was expecting a colon to separate field name and value")
            }
            let value = try value(depth: depth + 1)
            members.append(
                EventValue.Member(
                    name: name, hasDot: name.utf8.contains(UInt8(ascii: ".")), offset: value.offset, value: value))
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else {
            throw unexpected("was expecting comma to separate Object entries")
        }
        return EventValue(content: .object(members), offset: offset, end: position)
    }

    private mutating func array(depth: Int) throws(EventPatternError) -> EventValue {
        position += 1
        let offset = position
        var elements: [EventValue] = []
        if take(UInt8(ascii: "]")) { return EventValue(content: .array([]), offset: offset, end: position) }
        repeat { elements.append(try value(depth: depth + 1)) } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw unexpected("was expecting comma to separate Array entries") }
        return EventValue(content: .array(elements), offset: offset, end: position)
    }

    /// `true`, `false` or `null`.
    private mutating func word() throws(EventPatternError) -> EventValue.Content {
        let start = position
        while let byte = current, Self.isWord(byte) { position += 1 }
        guard position > start else { throw unexpected() }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        switch text {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "null": return .null
        default:
            throw EventPatternError(
                "Unrecognized token '\(text)': was expecting "
                    + "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')", at: position)
        }
    }

    private mutating func number() throws(EventPatternError) -> Double {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        let first = position
        try digits()
        if bytes[first] == UInt8(ascii: "0"), position > first + 1 {
            throw EventPatternError("Invalid numeric value: Leading zeroes not allowed", at: first + 2)
        }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        guard let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else { throw unexpected() }
        return number
    }

    private mutating func digits() throws(EventPatternError) {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw unexpected() }
    }

    private mutating func string() throws(EventPatternError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw EventPatternError("Invalid UTF-8", at: position)
                }
                return string
            case UInt8(ascii: "\\"): try escape(&text)
            case 0..<0x20:
                throw EventPatternError(
                    "Illegal unquoted character ((CTRL-CHAR, code \(byte))): has to be escaped using backslash to be "
                        + "included in string value", at: position)
            default: text.append(byte)
            }
        }
        throw EventPatternError("Unexpected end-of-input in a string", at: position)
    }

    private mutating func escape(_ text: inout [UInt8]) throws(EventPatternError) {
        guard let byte = current else { throw EventPatternError("Unexpected end-of-input in a string", at: position) }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var unit = try hexadecimal()
            if (0xD800..<0xDC00).contains(unit), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else {
                    throw EventPatternError("A surrogate has no partner", at: position)
                }
                unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(unit) else {
                throw EventPatternError("A surrogate has no partner", at: position)
            }
            text += Array(String(Character(scalar)).utf8)
        default: throw EventPatternError("Unrecognized character escape", at: position)
        }
    }

    private mutating func hexadecimal() throws(EventPatternError) -> UInt32 {
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy(\.isHexadecimalDigit),
            let unit = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw EventPatternError("Unexpected character in a Unicode escape", at: position) }
        position += 4
        return unit
    }

    private func unexpected(_ expectation: String = "was expecting a JSON value") -> EventPatternError {
        guard let byte = current else { return EventPatternError("Unexpected end-of-input", at: position) }
        let character = String(decoding: bytes[position...].prefix(4), as: UTF8.self).prefix(1)
        return EventPatternError(
            "Unexpected character ('\(character)' (code \(byte))): \(expectation)", at: position + 1)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte.isHexadecimalDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$")
    }
}

extension UInt8 {
    fileprivate var isHexadecimalDigit: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
    }
}

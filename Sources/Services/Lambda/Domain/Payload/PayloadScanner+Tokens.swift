extension PayloadScanner {
    /// Scans a string after its opening quote; `end` is what the error says if the input ends inside.
    mutating func string(_ end: String) throws(JSONSyntaxError) {
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"): try escape(end)
            case 0..<0x20:
                throw error(
                    "Illegal unquoted character (\(Self.describe(byte))): "
                        + "has to be escaped using backslash to be included in string value", back: 1)
            case 0x20..<0x80: continue
            default: try continuation(of: byte, end)
            }
        }
        throw error("Unexpected end-of-input\(end)")
    }

    private mutating func escape(_ end: String) throws(JSONSyntaxError) {
        guard index < bytes.count else { throw error("Unexpected end-of-input\(end)") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard index < bytes.count else { throw error("Unexpected end-of-input\(end)") }
                let digit = bytes[index]
                index += 1
                switch digit {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                    UInt8(ascii: "A")...UInt8(ascii: "F"):
                    continue
                default: throw unexpected(digit, ": expected a hex-digit for character escape sequence")
                }
            }
        default: throw error("Unrecognized character escape \(Self.describe(byte))", back: 1)
        }
    }

    /// Checks what follows the first byte of a character beyond ASCII.
    private mutating func continuation(of byte: UInt8, _ end: String) throws(JSONSyntaxError) {
        let count: Int
        switch byte {
        case 0xC0...0xDF: count = 1
        case 0xE0...0xEF: count = 2
        case 0xF0...0xF7: count = 3
        default: throw error("Invalid UTF-8 start byte 0x\(String(byte, radix: 16))")
        }
        for _ in 0..<count {
            guard index < bytes.count else { throw error("Unexpected end-of-input\(end)") }
            let following = bytes[index]
            index += 1
            guard following & 0xC0 == 0x80 else {
                throw error("Invalid UTF-8 middle byte 0x\(String(following, radix: 16))")
            }
        }
    }

    /// Scans a number whose first byte has been read.
    mutating func number(_ first: UInt8) throws(JSONSyntaxError) {
        var digit = first
        if first == UInt8(ascii: "-") {
            digit = try digits("expected digit (0-9) to follow minus sign, for valid numeric value")
        }
        if digit == UInt8(ascii: "0") {
            if let byte = peek, Self.isDigit(byte) {
                throw error("Invalid numeric value: Leading zeroes not allowed")
            }
        } else {
            skipDigits()
        }
        if peek == UInt8(ascii: ".") {
            index += 1
            _ = try digits("Decimal point not followed by a digit")
            skipDigits()
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            index += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { index += 1 }
            _ = try digits("Exponent indicator not followed by a digit")
            skipDigits()
        }
        if !isInContainer, let byte = peek, byte > 0x20 {
            index += 1
            throw unexpected(byte, ": Expected space separating root-level values")
        }
    }

    private mutating func digits(_ reason: String) throws(JSONSyntaxError) -> UInt8 {
        guard index < bytes.count else { throw error("Unexpected end-of-input in a Number value") }
        let byte = bytes[index]
        index += 1
        guard Self.isDigit(byte) else { throw unexpected(byte, " in numeric value: \(reason)") }
        return byte
    }

    private mutating func skipDigits() {
        while index < bytes.count, Self.isDigit(bytes[index]) { index += 1 }
    }

    /// Scans `true`, `false` or `null` after its first letter.
    mutating func literal(_ text: StaticString) throws(JSONSyntaxError) {
        for offset in 1..<text.utf8CodeUnitCount {
            guard let byte = peek, byte == text.utf8Start[offset] else {
                throw try invalidToken("\(text)".prefixString(offset))
            }
            index += 1
        }
        if let byte = peek, Self.isIdentifier(byte) { throw try invalidToken("\(text)") }
    }

    /// The error for a bare word, of which `matched` has been read.
    mutating func invalidToken(_ matched: String) throws(JSONSyntaxError) -> JSONSyntaxError {
        var token = matched
        while index < bytes.count, token.unicodeScalars.count < 256 {
            let byte = bytes[index]
            index += 1
            if byte >= 0x80 {
                let start = index - 1
                try continuation(of: byte, " in VALUE_STRING")
                token += String(decoding: bytes[start..<index], as: UTF8.self)
            } else if Self.isIdentifier(byte) {
                token.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                break
            }
        }
        return error("Unrecognized token '\(token)': was expecting \(Self.values)")
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    /// Whether Java lets an identifier start with the byte, read as Latin-1.
    static func startsIdentifier(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"),
            UInt8(ascii: "$"), 0xA2...0xA5, 0xAA, 0xB5, 0xBA, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0xFF:
            true
        default: false
        }
    }

    private static func isIdentifier(_ byte: UInt8) -> Bool { startsIdentifier(byte) || isDigit(byte) || byte >= 0x80 }

    /// A byte as Jackson names it.
    static func describe(_ byte: UInt8) -> String {
        if byte < 0x20 || (0x7F...0x9F).contains(byte) { return "(CTRL-CHAR, code \(byte))" }
        return "'\(Unicode.Scalar(byte))' (code \(byte))"
    }

    /// The error for the byte that was read last.
    func unexpected(_ byte: UInt8, _ reason: String) -> JSONSyntaxError {
        error("Unexpected character (\(Self.describe(byte)))\(reason)", back: 1)
    }

    /// The error is `back` bytes before the next one.
    func error(_ message: String, back: Int = 0) -> JSONSyntaxError {
        JSONSyntaxError(message: message, line: line, column: index - lineStart + 1 - back)
    }
}

extension String {
    fileprivate func prefixString(_ length: Int) -> String { String(prefix(length)) }
}

/// Reads JSON (RFC 8259) token by token, strictly, from bytes that may be hostile: it never reads beyond them, never
/// nests (its callers count depth), and takes no memory beyond the strings it returns.
package struct JSONScanner {
    /// What is wrong with the text.
    package enum Failure: Error, Equatable {
        case unexpectedEnd
        case unexpectedByte(UInt8)
        case invalidUTF8
        case invalidEscape
        case controlCharacterInString
        case invalidNumber
        case tooDeep
        case trailingBytes
    }

    /// A number as written: integers that fit are exact.
    package enum Number: Equatable {
        case integer(Int64)
        case double(Double)
    }

    /// How deeply values may nest.
    package static let maximumDepth = 128

    /// How many bytes a number may have: far more digits than any double needs; longer texts would only cost time.
    package static let longestNumber = 4096

    private let bytes: UnsafeBufferPointer<UInt8>
    package private(set) var position: Int

    /// - Parameter bytes: must outlive the scanner.
    package init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        position = 0
    }

    /// The first byte of the next token.
    package mutating func peek() throws(Failure) -> UInt8 {
        while position < bytes.count {
            let byte = bytes[position]
            if byte != 0x20, byte != 0x0A, byte != 0x0D, byte != 0x09 { return byte }
            position += 1
        }
        throw .unexpectedEnd
    }

    /// Takes the next token if it is `byte`.
    package mutating func takeIf(_ byte: UInt8) throws(Failure) -> Bool {
        guard try peek() == byte else { return false }
        position += 1
        return true
    }

    /// Takes the next token, which must be `byte`.
    package mutating func take(_ byte: UInt8) throws(Failure) {
        let found = try peek()
        guard found == byte else { throw .unexpectedByte(found) }
        position += 1
    }

    /// Whether nothing but white space is left.
    package mutating func atEnd() -> Bool {
        while position < bytes.count {
            let byte = bytes[position]
            if byte != 0x20, byte != 0x0A, byte != 0x0D, byte != 0x09 { return false }
            position += 1
        }
        return true
    }

    /// Takes `true`, `false` or `null`.
    package mutating func word(_ word: StaticString) throws(Failure) {
        let count = word.utf8CodeUnitCount
        guard bytes.count - position >= count else { throw .unexpectedEnd }
        for index in 0..<count {
            let byte = bytes[position + index]
            guard byte == word.utf8Start[index] else { throw .unexpectedByte(byte) }
        }
        position += count
    }

    /// Takes a string.
    package mutating func string() throws(Failure) -> String {
        try take(0x22)
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == 0x22 {
                let text = UnsafeBufferPointer(rebasing: bytes[start..<position])
                guard let string = String(validating: text, as: UTF8.self) else { throw .invalidUTF8 }
                position += 1
                return string
            }
            if byte == 0x5C { return try stringWithEscapes(from: start) }
            if byte < 0x20 { throw .controlCharacterInString }
            position += 1
        }
        throw .unexpectedEnd
    }

    /// Takes a string that has no escapes, as the bytes it is written with; their encoding is not checked.
    /// - Returns: nil, with nothing taken, if there are escapes.
    package mutating func plainString() throws(Failure) -> UnsafeBufferPointer<UInt8>? {
        guard try peek() == 0x22 else { throw .unexpectedByte(bytes[position]) }
        var index = position + 1
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x22 {
                let text = UnsafeBufferPointer(rebasing: bytes[(position + 1)..<index])
                position = index + 1
                return text
            }
            if byte == 0x5C { return nil }
            if byte < 0x20 { throw .controlCharacterInString }
            index += 1
        }
        throw .unexpectedEnd
    }

    private mutating func stringWithEscapes(from start: Int) throws(Failure) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case 0x22:
                guard let string = String(validating: text, as: UTF8.self) else { throw .invalidUTF8 }
                return string
            case 0x5C: try appendEscape(to: &text)
            case 0..<0x20: throw .controlCharacterInString
            default: text.append(byte)
            }
        }
        throw .unexpectedEnd
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(Failure) {
        guard position < bytes.count else { throw .unexpectedEnd }
        let escape = bytes[position]
        position += 1
        switch escape {
        case 0x22, 0x5C, 0x2F: text.append(escape)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try fourHexadecimalDigits()
            if (0xD800..<0xDC00).contains(code) {
                guard bytes.count - position >= 2, bytes[position] == 0x5C, bytes[position + 1] == UInt8(ascii: "u")
                else {
                    throw .invalidEscape
                }
                position += 2
                let low = try fourHexadecimalDigits()
                guard (0xDC00..<0xE000).contains(low) else { throw .invalidEscape }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw .invalidEscape }
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw .invalidEscape
        }
    }

    private mutating func fourHexadecimalDigits() throws(Failure) -> UInt32 {
        guard bytes.count - position >= 4 else { throw .unexpectedEnd }
        var code: UInt32 = 0
        for index in 0..<4 {
            let byte = bytes[position + index]
            switch byte {
            case 0x30...0x39: code = code << 4 | UInt32(byte - 0x30)
            case 0x41...0x46: code = code << 4 | UInt32(byte - 0x37)
            case 0x61...0x66: code = code << 4 | UInt32(byte - 0x57)
            default: throw .invalidEscape
            }
        }
        position += 4
        return code
    }

    /// Takes the text of a number. Its form is the grammar's: no leading zeros or plus, digits on both sides of a point.
    mutating func numberText() throws(Failure) -> (bytes: UnsafeBufferPointer<UInt8>, isFraction: Bool) {
        let start = position
        var isFraction = false
        if position < bytes.count, bytes[position] == 0x2D { position += 1 }
        if position < bytes.count, bytes[position] == 0x30 { position += 1 } else { try digits() }
        if position < bytes.count, bytes[position] == 0x2E {
            isFraction = true
            position += 1
            try digits()
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isFraction = true
            position += 1
            if position < bytes.count, bytes[position] == 0x2B || bytes[position] == 0x2D { position += 1 }
            try digits()
        }
        return (UnsafeBufferPointer(rebasing: bytes[start..<position]), isFraction)
    }

    private mutating func digits() throws(Failure) {
        let start = position
        while position < bytes.count, bytes[position] >= 0x30, bytes[position] <= 0x39 { position += 1 }
        guard position > start else {
            throw position < bytes.count ? .unexpectedByte(bytes[position]) : .unexpectedEnd
        }
    }
}

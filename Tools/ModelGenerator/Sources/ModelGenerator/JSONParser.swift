/// Reads JSON from trusted files: botocore's models and our own.
struct JSONParser {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let bytes: [UInt8]
    private var position = 0

    static func parse(_ bytes: [UInt8]) throws -> JSON {
        var parser = JSONParser(bytes: bytes)
        let value = try parser.value()
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.failure("text after the value") }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func failure(_ what: String) -> Failure { Failure(description: "JSON, byte \(position): \(what)") }

    private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ expected: Character) throws {
        guard byte == expected.asciiValue else { throw failure("expected \(expected)") }
        position += 1
    }

    private mutating func takeIf(_ expected: Character) -> Bool {
        skipSpace()
        guard byte == expected.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func word(_ word: String, _ value: JSON) throws -> JSON {
        for character in word { try take(character) }
        return value
    }

    private mutating func value() throws -> JSON {
        skipSpace()
        switch byte.map({ Character(UnicodeScalar($0)) }) {
        case "{":
            position += 1
            var members: [JSON.Member] = []
            if takeIf("}") { return .object([]) }
            repeat {
                skipSpace()
                let key = try string()
                skipSpace()
                try take(":")
                members.append(JSON.Member(key: key, value: try value()))
            } while takeIf(",")
            try take("}")
            return .object(members)
        case "[":
            position += 1
            var values: [JSON] = []
            if takeIf("]") { return .array([]) }
            repeat { values.append(try value()) } while takeIf(",")
            try take("]")
            return .array(values)
        case "\"": return .string(try string())
        case "t": return try word("true", .bool(true))
        case "f": return try word("false", .bool(false))
        case "n": return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func number() throws -> JSON {
        let start = position
        while let byte, (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if let value = Int64(text) { return .integer(value) }
        guard let value = Double(text) else { throw failure("no value") }
        return .double(value)
    }

    private mutating func string() throws -> String {
        try take("\"")
        var text: [UInt8] = []
        while let byte, byte != 0x22 {
            position += 1
            guard byte == 0x5C else {
                text.append(byte)
                continue
            }
            guard let escape = self.byte else { throw failure("text ends in an escape") }
            position += 1
            switch Character(UnicodeScalar(escape)) {
            case "n": text.append(0x0A)
            case "r": text.append(0x0D)
            case "t": text.append(0x09)
            case "b": text.append(0x08)
            case "f": text.append(0x0C)
            case "u":
                var unit = try hexadecimal()
                if (0xD800..<0xDC00).contains(unit) {
                    try take("\\")
                    try take("u")
                    unit = 0x10000 + (unit - 0xD800) << 10 + (try hexadecimal() - 0xDC00)
                }
                guard let scalar = UnicodeScalar(unit) else { throw failure("no character") }
                text.append(contentsOf: Array(String(scalar).utf8))
            default: text.append(escape)
            }
        }
        try take("\"")
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func hexadecimal() throws -> UInt32 {
        guard position + 4 <= bytes.count,
            let unit = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits expected") }
        position += 4
        return unit
    }
}

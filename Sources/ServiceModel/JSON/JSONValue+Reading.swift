extension JSONValue {
    /// Nil if the text is not exactly one JSON value (RFC 8259), or nests deeper than `maximumDepth`.
    package init?(parsing text: String, maximumDepth: Int = 64) {
        var text = text
        let value = text.withUTF8 { JSONValue(parsing: $0, maximumDepth: maximumDepth) }
        guard let value else { return nil }
        self = value
    }

    private init?(parsing bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int) {
        var scanner = JSONScanner(bytes)
        guard let value = try? Self.read(&scanner, maximumDepth: maximumDepth), scanner.atEnd() else { return nil }
        self = value
    }

    /// Takes one value.
    package static func read(
        _ scanner: inout JSONScanner, depth: Int = 0, maximumDepth: Int = JSONScanner.maximumDepth
    ) throws(JSONScanner.Failure) -> JSONValue {
        guard depth < maximumDepth else { throw .tooDeep }
        switch try scanner.peek() {
        case UInt8(ascii: "{"):
            try scanner.take(UInt8(ascii: "{"))
            if try scanner.takeIf(UInt8(ascii: "}")) { return .object([]) }
            var members: [Member] = []
            repeat {
                let name = try scanner.string()
                try scanner.take(UInt8(ascii: ":"))
                members.append(
                    Member(name: name, value: try read(&scanner, depth: depth + 1, maximumDepth: maximumDepth)))
            } while try scanner.takeIf(UInt8(ascii: ","))
            try scanner.take(UInt8(ascii: "}"))
            return .object(members)
        case UInt8(ascii: "["):
            try scanner.take(UInt8(ascii: "["))
            if try scanner.takeIf(UInt8(ascii: "]")) { return .array([]) }
            var elements: [JSONValue] = []
            repeat {
                elements.append(try read(&scanner, depth: depth + 1, maximumDepth: maximumDepth))
            } while try scanner.takeIf(UInt8(ascii: ","))
            try scanner.take(UInt8(ascii: "]"))
            return .array(elements)
        case UInt8(ascii: "\""): return .string(try scanner.string())
        case UInt8(ascii: "t"):
            try scanner.word("true")
            return .boolean(true)
        case UInt8(ascii: "f"):
            try scanner.word("false")
            return .boolean(false)
        case UInt8(ascii: "n"):
            try scanner.word("null")
            return .null
        default:
            let text = try scanner.numberText().bytes
            guard text.count <= JSONScanner.longestNumber else { throw .invalidNumber }
            return .number(String(decoding: text, as: UTF8.self))
        }
    }
}

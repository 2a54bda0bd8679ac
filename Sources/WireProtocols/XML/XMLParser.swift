/// Reads the XML that AWS's APIs exchange, strictly, from bytes that may be hostile: no document types, hence no entities but the five
/// of XML and numbered characters; depth is limited; memory is in proportion to the bytes.
struct XMLParser {
    enum Failure: Error, Equatable {
        case malformed(Int)
        case tooDeep
        case documentType
        case invalidUTF8
    }

    static let maximumDepth = 128

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var document = XMLDocument()

    static func parse(_ bytes: [UInt8]) throws(Failure) -> XMLDocument {
        let result: Result<XMLDocument, Failure> = bytes.withUnsafeBufferPointer { bytes in
            var parser = XMLParser(bytes: bytes)
            do throws(Failure) {
                try parser.parse()
                return .success(parser.document)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func parse() throws(Failure) {
        if starts([0xEF, 0xBB, 0xBF]) { position += 3 }
        try misc()
        guard peek == UInt8(ascii: "<") else { throw .malformed(position) }
        try content()
        try misc()
        guard position == bytes.count else { throw .malformed(position) }
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func starts(_ text: [UInt8]) -> Bool {
        bytes.count - position >= text.count && text.indices.allSatisfy { bytes[position + $0] == text[$0] }
    }

    private func starts(_ text: StaticString) -> Bool {
        guard bytes.count - position >= text.utf8CodeUnitCount else { return false }
        return (0..<text.utf8CodeUnitCount).allSatisfy { bytes[position + $0] == text.utf8Start[$0] }
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// What may stand around the root: white space, comments, instructions.
    private mutating func misc() throws(Failure) {
        while true {
            skipSpace()
            guard try skipMarkup() else { return }
        }
    }

    /// Passes over a comment or an instruction.
    private mutating func skipMarkup() throws(Failure) -> Bool {
        if starts("<!--") {
            position += 4
            try skip(past: "-->")
        } else if starts("<?") {
            position += 2
            try skip(past: "?>")
        } else if starts("<!DOCTYPE") {
            throw .documentType
        } else {
            return false
        }
        return true
    }

    private mutating func skip(past end: StaticString) throws(Failure) {
        while position < bytes.count {
            if starts(end) {
                position += end.utf8CodeUnitCount
                return
            }
            position += 1
        }
        throw .malformed(position)
    }

    /// The root and all below it. Open elements are kept in a list of our own, so that no depth is too much for the stack.
    private mutating func content() throws(Failure) {
        var open: [(node: Int, text: [UInt8])] = []
        repeat {
            guard let byte = peek else { throw .malformed(position) }
            guard byte == UInt8(ascii: "<") else {
                try text(into: &open[open.count - 1].text)
                continue
            }
            if starts("</") {
                guard let (node, text) = open.popLast() else { throw .malformed(position) }
                try close(node, text)
            } else if starts("<![CDATA["), !open.isEmpty {
                position += 9
                let start = position
                try skip(past: "]]>")
                open[open.count - 1].text.append(contentsOf: bytes[start..<(position - 3)])
            } else if try skipMarkup() {
                continue
            } else {
                let (node, isEmpty) = try openElement()
                if let parent = open.last?.node { document.nodes[parent].children.append(node) }
                if !isEmpty { open.append((node, [])) }
                guard open.count <= XMLParser.maximumDepth else { throw .tooDeep }
            }
        } while !open.isEmpty
    }

    private mutating func close(_ node: Int, _ text: [UInt8]) throws(Failure) {
        position += 2
        guard try name() == document.nodes[node].name else { throw .malformed(position) }
        skipSpace()
        guard peek == UInt8(ascii: ">") else { throw .malformed(position) }
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else { throw .invalidUTF8 }
        document.nodes[node].text = string
    }

    private mutating func openElement() throws(Failure) -> (node: Int, isEmpty: Bool) {
        position += 1
        var node = XMLDocument.Node(name: try name(), attributes: [])
        while true {
            let before = position
            skipSpace()
            guard let byte = peek else { throw .malformed(position) }
            if byte == UInt8(ascii: ">") || byte == UInt8(ascii: "/") {
                position += 1
                let isEmpty = byte == UInt8(ascii: "/")
                if isEmpty {
                    guard peek == UInt8(ascii: ">") else { throw .malformed(position) }
                    position += 1
                }
                document.nodes.append(node)
                return (document.nodes.count - 1, isEmpty)
            }
            guard position > before else { throw .malformed(position) }
            let name = try name()
            skipSpace()
            guard peek == UInt8(ascii: "=") else { throw .malformed(position) }
            position += 1
            skipSpace()
            let value = try quoted()
            guard !node.attributes.contains(where: { $0.name == name }) || name == "xmlns" else {
                throw .malformed(position)
            }
            node.attributes.append((name, value))
        }
    }
}

extension XMLParser {
    /// A name, without its prefix.
    private mutating func name() throws(Failure) -> String {
        var start = position
        let first = position
        while let byte = peek, XMLParser.isNameByte(byte) {
            if byte == UInt8(ascii: ":") { start = position + 1 }
            position += 1
        }
        guard position > start, bytes[first] != UInt8(ascii: "-"), bytes[first] != UInt8(ascii: "."),
            !(0x30...0x39).contains(bytes[first])
        else { throw .malformed(position) }
        guard let name = String(validating: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
        else {
            throw .invalidUTF8
        }
        return name
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, 0x30...0x39, 0x2D, 0x2E, 0x3A, 0x5F, 0x80...0xFF: true
        default: false
        }
    }

    private mutating func quoted() throws(Failure) -> String {
        guard let quote = peek, quote == 0x22 || quote == 0x27 else { throw .malformed(position) }
        position += 1
        var text: [UInt8] = []
        while let byte = peek, byte != quote {
            guard byte != UInt8(ascii: "<") else { throw .malformed(position) }
            if byte == 0x0A || byte == 0x0D || byte == 0x09 {
                // XML's rule for attributes: line ends and tabs are spaces.
                text.append(0x20)
                position += byte == 0x0D && position + 1 < bytes.count && bytes[position + 1] == 0x0A ? 2 : 1
                continue
            }
            try character(into: &text)
        }
        guard peek == quote else { throw .malformed(position) }
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else { throw .invalidUTF8 }
        return string
    }

    private mutating func text(into text: inout [UInt8]) throws(Failure) {
        while let byte = peek, byte != UInt8(ascii: "<") { try character(into: &text) }
    }

    /// One byte of text, or one reference. Line ends become line feeds, as XML wants.
    private mutating func character(into text: inout [UInt8]) throws(Failure) {
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: "&"): try reference(into: &text)
        case 0x0D:
            position += 1
            if peek != 0x0A { text.append(0x0A) }
        case 0..<0x20 where byte != 0x09 && byte != 0x0A: throw .malformed(position)
        default:
            text.append(byte)
            position += 1
        }
    }

    private mutating func reference(into text: inout [UInt8]) throws(Failure) {
        for (name, character) in XMLParser.entities where starts(name) {
            text.append(character)
            position += name.utf8CodeUnitCount
            return
        }
        guard starts("&#") else { throw .malformed(position) }
        position += 2
        let isHexadecimal = peek == UInt8(ascii: "x")
        if isHexadecimal { position += 1 }
        var code: UInt32 = 0
        var count = 0
        while let byte = peek, byte != UInt8(ascii: ";") {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, isHexadecimal || digit < 10, code < 0x110000
            else {
                throw .malformed(position)
            }
            code = code * (isHexadecimal ? 16 : 10) + UInt32(digit)
            count += 1
            position += 1
        }
        guard count > 0, peek == UInt8(ascii: ";"), let scalar = Unicode.Scalar(code),
            code >= 0x20 || code == 0x09 || code == 0x0A || code == 0x0D
        else { throw .malformed(position) }
        position += 1
        text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    private static let entities: [(StaticString, UInt8)] = [
        ("&amp;", 0x26), ("&lt;", 0x3C), ("&gt;", 0x3E), ("&quot;", 0x22), ("&apos;", 0x27),
    ]
}

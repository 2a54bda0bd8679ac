/// Checks that bytes are one JSON value in UTF-8, without building it: one pass, no recursion, memory bounded by the
/// nesting limit.
struct PayloadScanner {
    /// Jackson's limit, `StreamReadConstraints.getMaxNestingDepth()`.
    static let nesting = 1_000

    private struct Container {
        var isObject: Bool
        var line: Int
        var column: Int
    }

    let bytes: UnsafeBufferPointer<UInt8>
    var index = 0
    var line = 1
    var lineStart = 0
    private var open: [Container] = []
    /// Whether the innermost container has no member yet.
    private var isFirst = false

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// - Throws: ``JSONSyntaxError`` if the bytes are anything but one JSON value, or nothing but white space.
    static func check(_ bytes: [UInt8]) throws(JSONSyntaxError) {
        let outcome = bytes.withUnsafeBufferPointer { buffer -> Result<Void, JSONSyntaxError> in
            Result { () throws(JSONSyntaxError) in try check(buffer) }
        }
        try outcome.get()
    }

    /// - Throws: ``JSONSyntaxError``, as ``check(_:)-([UInt8])`` does.
    static func check(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONSyntaxError) {
        var scanner = PayloadScanner(bytes)
        try scanner.scan()
    }

    private mutating func scan() throws(JSONSyntaxError) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
        guard let first = try next() else { return }
        try value(first)
        while let container = open.last {
            guard let byte = try next() else {
                let kind = container.isObject ? "Object" : "Array"
                let start = JSONSyntaxError.place(line: container.line, column: container.column)
                throw error(
                    "Unexpected end-of-input: expected close marker for \(kind) (start marker at \(start))")
            }
            try container.isObject ? entry(byte, container) : element(byte, container)
        }
        if let byte = try next() { try unexpectedValue(byte) }
    }

    /// What follows a value or the start of an object.
    private mutating func entry(_ byte: UInt8, _ container: Container) throws(JSONSyntaxError) {
        var byte = byte
        if try close(byte, container) { return }
        if !isFirst {
            guard byte == UInt8(ascii: ",") else {
                throw unexpected(byte, ": was expecting comma to separate Object entries")
            }
            guard let following = try next() else {
                throw error("Unexpected end-of-input within/between Object entries")
            }
            byte = following
        }
        isFirst = false
        guard byte == UInt8(ascii: "\"") else {
            throw unexpected(byte, ": was expecting double-quote to start field name")
        }
        try string(": was expecting closing '\"' for name")
        guard let colon = try next() else { throw error("Unexpected end-of-input within/between Object entries") }
        guard colon == UInt8(ascii: ":") else {
            throw unexpected(colon, ": was expecting a colon to separate field name and value")
        }
        guard let first = try next() else { throw error("Unexpected end-of-input within/between Object entries") }
        try value(first)
    }

    private mutating func element(_ byte: UInt8, _ container: Container) throws(JSONSyntaxError) {
        var byte = byte
        if try close(byte, container) { return }
        if !isFirst {
            guard byte == UInt8(ascii: ",") else {
                throw unexpected(byte, ": was expecting comma to separate Array entries")
            }
            guard let following = try next() else {
                throw error("Unexpected end-of-input within/between Array entries")
            }
            byte = following
        }
        isFirst = false
        try value(byte)
    }

    private mutating func close(_ byte: UInt8, _ container: Container) throws(JSONSyntaxError) -> Bool {
        guard byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") else { return false }
        guard (byte == UInt8(ascii: "}")) == container.isObject else {
            let start = JSONSyntaxError.place(line: container.line, column: container.column)
            let (found, wanted, kind) = container.isObject ? ("]", "}", "Object") : ("}", "]", "Array")
            throw error(
                "Unexpected close marker '\(found)': expected '\(wanted)' (for \(kind) starting at \(start))", back: 1)
        }
        open.removeLast()
        isFirst = false
        return true
    }

    /// Scans a value, or the start of a container, whose first byte has been read.
    private mutating func value(_ byte: UInt8) throws(JSONSyntaxError) {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard open.count < Self.nesting else {
                throw error(
                    "Document nesting depth (\(Self.nesting + 1)) exceeds the maximum allowed (\(Self.nesting), "
                        + "from `StreamReadConstraints.getMaxNestingDepth()`)")
            }
            open.append(Container(isObject: byte == UInt8(ascii: "{"), line: line, column: index - lineStart))
            isFirst = true
        case UInt8(ascii: "\""): try string(" in VALUE_STRING")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number(byte)
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: try unexpectedValue(byte)
        }
    }

    /// The next byte that is no white space, read; nil at the end.
    private mutating func next() throws(JSONSyntaxError) -> UInt8? {
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case 0x20, 0x09: continue
            case 0x0A:
                line += 1
                lineStart = index
            case 0x0D:
                if index < bytes.count, bytes[index] == 0x0A { index += 1 }
                line += 1
                lineStart = index
            case 0..<0x20:
                throw error(
                    "Illegal character (\(Self.describe(byte))): "
                        + "only regular white space (\\r, \\n, \\t) is allowed between tokens")
            default: return byte
            }
        }
        return nil
    }

    private mutating func unexpectedValue(_ byte: UInt8) throws(JSONSyntaxError) {
        if Self.startsIdentifier(byte) { throw try invalidToken(String(Unicode.Scalar(byte))) }
        throw unexpected(byte, ": expected a valid value \(Self.values)")
    }

    var isInContainer: Bool { !open.isEmpty }
    static let values = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
}

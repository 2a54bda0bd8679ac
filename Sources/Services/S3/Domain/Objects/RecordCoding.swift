/// Bytes in which fields follow one another, each with a tag and a length: what rows keep of objects. Unknown tags are skipped,
/// so that a later version may add some.
struct RecordWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ tag: UInt8, _ field: [UInt8]) {
        bytes.append(tag)
        append(varint: field.count)
        bytes += field
    }

    mutating func append(_ tag: UInt8, _ text: String?) {
        guard var text else { return }
        bytes.append(tag)
        append(varint: text.utf8.count)
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ tag: UInt8, _ number: Int64) {
        bytes.append(tag)
        bytes.append(8)
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    /// A field of fields.
    mutating func append(_ tag: UInt8, _ fill: (inout RecordWriter) -> Void) {
        var inner = RecordWriter()
        fill(&inner)
        append(tag, inner.bytes)
    }

    private mutating func append(varint value: Int) {
        var rest = UInt(max(0, value))
        while rest > 127 {
            bytes.append(UInt8(truncatingIfNeeded: rest & 127 | 128))
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Reads what ``RecordWriter`` wrote. What is damaged ends early.
struct RecordReader {
    struct Field {
        var tag: UInt8
        var bytes: ArraySlice<UInt8>

        var text: String { String(decoding: bytes, as: UTF8.self) }
        var number: Int64 { bytes.reduce(0) { $0 << 8 | Int64($1) } }
        var reader: RecordReader { RecordReader(bytes) }
    }

    private var rest: ArraySlice<UInt8>

    /// What was not read yet.
    var remaining: ArraySlice<UInt8> { rest }

    init(_ bytes: [UInt8]) { rest = bytes[...] }
    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next() -> Field? {
        guard let tag = rest.popFirst() else { return nil }
        var length = 0
        var shift = 0
        while true {
            guard let byte = rest.popFirst(), shift < 35 else { return nil }
            length |= Int(byte & 127) << shift
            if byte < 128 { break }
            shift += 7
        }
        guard length <= rest.count else { return nil }
        defer { rest = rest.dropFirst(length) }
        return Field(tag: tag, bytes: rest.prefix(length))
    }
}

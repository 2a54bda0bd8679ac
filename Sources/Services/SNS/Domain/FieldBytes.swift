/// Writes fields one after the other; ``FieldReader`` reads them in the same order.
struct FieldWriter {
    private(set) var bytes: [UInt8] = []

    init(reserving capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    mutating func append(_ value: Int64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ text: String) {
        append(Int64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ text: String?) {
        guard let text else { return append(-1 as Int64) }
        append(text)
    }

    mutating func append(_ data: [UInt8]) {
        append(Int64(data.count))
        bytes.append(contentsOf: data)
    }
}

/// Reads what ``FieldWriter`` wrote. Each method answers nil where the bytes end.
struct FieldReader {
    struct Optional { var value: String? }

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func byte() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func integer() -> Int64? {
        guard bytes.count - position >= 8 else { return nil }
        var value: UInt64 = 0
        for index in (0..<8).reversed() { value = value << 8 | UInt64(bytes[position + index]) }
        position += 8
        return Int64(bitPattern: value)
    }

    mutating func text() -> String? { optionalText()?.value }

    mutating func optionalText() -> Optional? {
        guard let count = integer() else { return nil }
        if count == -1 { return Optional(value: nil) }
        guard let data = take(count) else { return nil }
        return Optional(value: String(decoding: data, as: UTF8.self))
    }

    mutating func data() -> [UInt8]? { integer().flatMap { take($0) }.map { Array($0) } }

    private mutating func take(_ count: Int64) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= bytes.count - position else { return nil }
        let end = position + Int(count)
        defer { position = end }
        return bytes[position..<end]
    }
}

/// Reads what ``FieldWriter`` wrote. Each method answers nil where the bytes end.
package struct FieldReader: Sendable {
    package struct Optional: Sendable { package var value: String? }

    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package mutating func byte() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    package mutating func integer() -> Int64? {
        guard bytes.count - position >= 8 else { return nil }
        var value: UInt64 = 0
        for index in (0..<8).reversed() { value = value << 8 | UInt64(bytes[position + index]) }
        position += 8
        return Int64(bitPattern: value)
    }

    package mutating func text() -> String? { optionalText()?.value }

    package mutating func optionalText() -> Optional? {
        guard let count = integer() else { return nil }
        if count == -1 { return Optional(value: nil) }
        guard let data = take(count) else { return nil }
        return Optional(value: String(decoding: data, as: UTF8.self))
    }

    package mutating func data() -> [UInt8]? { integer().flatMap { take($0) }.map { Array($0) } }

    /// Everything up to the end.
    package mutating func rest() -> [UInt8] {
        defer { position = bytes.count }
        return Array(bytes[position...])
    }

    private mutating func take(_ count: Int64) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= bytes.count - position else { return nil }
        let end = position + Int(count)
        defer { position = end }
        return bytes[position..<end]
    }
}

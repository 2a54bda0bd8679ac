/// The parts that an object was uploaded in, as its row keeps them: entries of one width, so that one is found without reading the others.
struct PartList: Sendable, Hashable {
    struct Part: Sendable, Hashable {
        var number: Int
        var size: Int64
        /// Base64, of the object's checksum algorithm; nil if a part has none.
        var checksum: String?
    }

    /// The width of a checksum; then of each part its number (2 bytes), the place where it ends (8), and its checksum, filled up with zeros.
    private(set) var bytes: [UInt8] = []

    init() {}

    /// What is stored.
    init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }

    init(_ parts: [Part]) {
        guard !parts.isEmpty else { return }
        let width = Swift.min(255, parts.reduce(0) { Swift.max($0, $1.checksum?.utf8.count ?? 0) })
        var bytes = [UInt8(width)]
        bytes.reserveCapacity(1 + parts.count * (10 + width))
        var end: Int64 = 0
        for part in parts {
            end += part.size
            bytes.append(UInt8(truncatingIfNeeded: part.number >> 8))
            bytes.append(UInt8(truncatingIfNeeded: part.number))
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: end >> shift)) }
            let text = Array((part.checksum ?? "").utf8.prefix(width))
            bytes += text + [UInt8](repeating: 0, count: width - text.count)
        }
        self.bytes = bytes
    }

    private var width: Int { 10 + Int(bytes.first ?? 0) }

    /// The place of a part's first byte in the object.
    func begin(_ index: Int) -> Int64 { index == 0 ? 0 : end(index - 1) }

    /// The place behind a part's last byte.
    func end(_ index: Int) -> Int64 {
        let start = 1 + index * width + 2
        return bytes[start..<start + 8].reduce(0) { $0 << 8 | Int64($1) }
    }
}

extension PartList: RandomAccessCollection {
    var startIndex: Int { 0 }
    var endIndex: Int { bytes.isEmpty ? 0 : (bytes.count - 1) / width }

    subscript(index: Int) -> Part {
        let start = 1 + index * width
        let text = bytes[start + 10..<start + width].prefix { $0 != 0 }
        return Part(
            number: Int(bytes[start]) << 8 | Int(bytes[start + 1]), size: end(index) &- begin(index),
            checksum: text.isEmpty ? nil : String(decoding: text, as: UTF8.self))
    }
}

extension PartList: ExpressibleByArrayLiteral {
    init(arrayLiteral parts: Part...) { self.init(parts) }
}

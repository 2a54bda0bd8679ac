/// Where the extents of a manifest end among the object's bytes, and where they are in the manifest: 12 bytes for each, so that one is
/// found without reading the others.
struct ManifestIndex: Sendable {
    private(set) var bytes: ArraySlice<UInt8>
    private static let width = 12

    init() { bytes = [] }
    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    var count: Int { bytes.count / Self.width }

    mutating func append(end: Int64, position: Int) {
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: end >> shift)) }
        for shift in stride(from: 24, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: position >> shift)) }
    }

    /// The place of an extent's first byte.
    func begin(_ number: Int) -> Int64 { number == 0 ? 0 : end(number - 1) }

    /// The place behind an extent's last byte.
    func end(_ number: Int) -> Int64 { Int64(bitPattern: self.number(number * Self.width, 8)) }

    /// Where an extent's record begins.
    func position(_ number: Int) -> Int { Int(self.number(number * Self.width + 8, 4)) }

    /// The first extent that ends behind a place; ``count`` if there is none.
    func entry(holding place: Int64) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if end(middle) > place { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func number(_ offset: Int, _ width: Int) -> UInt64 {
        let start = bytes.startIndex + offset
        return bytes[start..<start + width].reduce(0) { $0 << 8 | UInt64($1) }
    }
}

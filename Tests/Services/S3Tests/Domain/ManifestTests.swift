import ServiceModel
import TestSupport
import Testing

@testable import S3

/// What rows keep of objects that have many parts.
struct ManifestTests {
    private static func extents(_ lengths: [Int64]) -> [Extent] {
        lengths.enumerated().map { index, length in
            Extent(
                segment: Array(repeating: UInt8(index % 251), count: 16), offset: Int64(index), length: length,
                size: length + 100, sealedKey: Array(repeating: 7, count: index % 60))
        }
    }

    @Test(arguments: [0, 1, 7, 8, 9, 100])
    func `a range is the same with an index as without`(count: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        let lengths = (0..<count).map { _ in Int64.random(in: 1...20, using: &generator) }
        let extents = Self.extents(lengths)
        let size = lengths.reduce(0, +)
        let stored = Manifest.encode(extents)
        #expect(Manifest.decode(stored) == extents)
        #expect(Manifest.slice(stored, 0..<size) == extents)
        for _ in 0..<200 {
            let begin = Int64.random(in: 0...size, using: &generator)
            let end = Int64.random(in: begin...size, using: &generator)
            #expect(Manifest.slice(stored, begin..<end) == Manifest.slice(extents, begin..<end))
        }
        #expect(Manifest.slice(stored, size..<size + 5).isEmpty)
    }

    @Test func `a damaged manifest is no danger`() {
        let stored = Manifest.encode(Self.extents(Array(repeating: 10, count: 9)))
        for end in stored.indices { _ = Manifest.slice(Array(stored[..<end]), 15..<75) }
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            var bytes = stored
            // The index alone: lengths are what was written.
            bytes[Int.random(in: 0..<110, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            _ = Manifest.slice(bytes, 15..<75)
        }
    }

    @Test func `of many parts one is read alone`() {
        let parts: [PartList.Part] = (1...50).map {
            .init(number: 2 * $0, size: Int64($0) << 30, checksum: $0 % 3 == 0 ? nil : "sum\($0)=")
        }
        let list = PartList(PartList(parts).bytes[...])
        #expect(Array(list) == parts)
        #expect(list.begin(0) == 0)
        #expect(list.begin(2) == 3 << 30)
        #expect(list.end(2) == 6 << 30)
        #expect(PartList([]).isEmpty)
        #expect(PartList().bytes.isEmpty)
        for end in list.bytes.indices { #expect(PartList(list.bytes[..<end]).count <= 50) }
    }
}

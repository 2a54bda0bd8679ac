import TestSupport
import Testing

@testable import ServiceKit

struct CRCTests {
    private static func check(_ kind: CRC.Kind, _ bytes: [UInt8], cut: Int = 0) -> [UInt8] {
        var crc = CRC(kind)
        bytes[..<cut].withUnsafeBytes { crc.update($0) }
        bytes[cut...].withUnsafeBytes { crc.update($0) }
        return crc.bytes
    }

    private static func text(_ seed: Int) -> [UInt8] {
        var random = SeededGenerator(seed: UInt64(seed))
        return (0..<Int.random(in: 1...3000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    @Test(
        arguments: [
            (.crc32, [0xCB, 0xF4, 0x39, 0x26]), (.crc32c, [0xE3, 0x06, 0x92, 0x83]),
            (.crc64nvme, [0xAE, 0x8B, 0x14, 0x86, 0x0A, 0x79, 0x98, 0x88]),
        ] as [(CRC.Kind, [UInt8])])
    func `known check values`(kind: CRC.Kind, expected: [UInt8]) {
        #expect(Self.check(kind, Array("123456789".utf8)) == expected)
        #expect(Self.check(kind, Array("123456789".utf8), cut: 1) == expected)
    }

    @Test func `thirty-two zeros, as the internet's storage protocol has them`() {
        #expect([UInt8](repeating: 0, count: 32).withUnsafeBytes(CRC.crc32c) == 0x8A91_36AA)
        #expect([UInt8](repeating: 0xFF, count: 32).withUnsafeBytes(CRC.crc32c) == 0x62A8_AB43)
    }

    @Test(arguments: CRC.Kind.allCases)
    func `folded and looked up are the same`(kind: CRC.Kind) {
        let (folding, looking) = (CRCRegister(kind), CRCRegister(kind, folds: false))
        let bytes = Self.text(0) + [UInt8](repeating: 0, count: 700)
        for count in Array(0..<400) + [511, 512, 513, 700] {
            // Also where nothing is aligned.
            bytes[count % 17..<count % 17 + count].withUnsafeBytes { bytes in
                for state: UInt64 in [0, 0x1234_5678, 0xFFFF_FFFF] {
                    #expect(folding.updated(state, with: bytes) == looking.updated(state, with: bytes))
                }
            }
        }
    }

    @Test(arguments: CRC.Kind.allCases, 0..<20)
    func `the check of a whole follows from those of its parts`(kind: CRC.Kind, seed: Int) {
        let bytes = Self.text(seed)
        var random = SeededGenerator(seed: UInt64(seed))
        var parts: [(check: [UInt8], length: Int)] = []
        var rest = bytes[...]
        for _ in 0..<seed {
            let part = rest.prefix(Int.random(in: 0...rest.count, using: &random))
            parts.append((Self.check(kind, Array(part)), part.count))
            rest = rest.dropFirst(part.count)
        }
        parts.append((Self.check(kind, Array(rest)), rest.count))
        #expect(CRC.combined(kind, parts) == Self.check(kind, bytes))
    }

    @Test(arguments: CRC.Kind.allCases)
    func `of nothing`(kind: CRC.Kind) {
        let empty = [UInt8](repeating: 0, count: kind.width / 8)
        #expect(Self.check(kind, []) == empty)
        #expect(CRC.combined(kind, []) == empty)
    }
}

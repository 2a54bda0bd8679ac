/// The cyclic redundancy checks with which AWS clients protect payloads. Tables of eight bytes at a time.
package struct CRC: Sendable {
    package enum Kind: Sendable { case crc32, crc32c, crc64nvme }

    private static let crc32Tables = tables(polynomial: 0xEDB8_8320)
    private static let crc32cTables = tables(polynomial: 0x82F6_3B78)
    private static let crc64nvmeTables = tables(polynomial: 0x9A6C_9329_AC4B_C9B5)

    private let kind: Kind
    private var state: UInt64

    package init(_ kind: Kind) {
        self.kind = kind
        state = kind == .crc64nvme ? .max : 0xFFFF_FFFF
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        let tables =
            switch kind {
            case .crc32: Self.crc32Tables
            case .crc32c: Self.crc32cTables
            case .crc64nvme: Self.crc64nvmeTables
            }
        var crc = state
        tables.withUnsafeBufferPointer { table in
            var index = 0
            while index + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ crc
                var next: UInt64 = 0
                for lane in 0..<8 {
                    next ^= table[(7 - lane) * 256 + Int(truncatingIfNeeded: (word >> (8 * UInt64(lane))) & 0xFF)]
                }
                crc = next
                index += 8
            }
            while index < bytes.count {
                crc = (crc >> 8) ^ table[Int(truncatingIfNeeded: (crc ^ UInt64(bytes[index])) & 0xFF)]
                index += 1
            }
        }
        state = crc
    }

    /// The checksum of 32 bits of whole bytes.
    package static func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 { whole(.crc32, bytes) }

    /// The same with Castagnoli's polynomial.
    package static func crc32c(_ bytes: UnsafeRawBufferPointer) -> UInt32 { whole(.crc32c, bytes) }

    private static func whole(_ kind: Kind, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var crc = CRC(kind)
        crc.update(bytes)
        return UInt32(truncatingIfNeeded: crc.state) ^ .max
    }

    /// The value in the byte order in which it is written: most significant first.
    package var bytes: [UInt8] {
        switch kind {
        case .crc32, .crc32c:
            let value = UInt32(truncatingIfNeeded: state) ^ .max
            return (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) }
        case .crc64nvme:
            let value = state ^ .max
            return (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * UInt64($0))) }
        }
    }

    /// `table[k * 256 + b]` is the effect of byte `b` followed by `k` zero bytes.
    private static func tables(polynomial: UInt64) -> [UInt64] {
        var table = [UInt64](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt64(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ polynomial : value >> 1 }
            table[byte] = value
        }
        for row in 1..<8 {
            for byte in 0..<256 {
                let before = table[(row - 1) * 256 + byte]
                table[row * 256 + byte] = (before >> 8) ^ table[Int(before & 0xFF)]
            }
        }
        return table
    }
}

/// The cyclic redundancy checks with which AWS clients protect payloads.
package struct CRC: Sendable {
    package enum Kind: Sendable, CaseIterable {
        case crc32, crc32c, crc64nvme

        /// Reflected: its highest bit is the constant.
        var polynomial: UInt64 {
            switch self {
            case .crc32: 0xEDB8_8320
            case .crc32c: 0x82F6_3B78
            case .crc64nvme: 0x9A6C_9329_AC4B_C9B5
            }
        }

        /// In bits.
        var width: Int { self == .crc64nvme ? 64 : 32 }

        /// The register before the first byte, and what the last is turned over with.
        fileprivate var mask: UInt64 { .max >> UInt64(64 - width) }
    }

    private let kind: Kind
    private var state: UInt64

    package init(_ kind: Kind) {
        self.kind = kind
        state = kind.mask
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state = CRCRegister.of(kind).updated(state, with: bytes)
    }

    package var value: UInt64 { state ^ kind.mask }

    /// The value in the byte order in which it is written: most significant first.
    package var bytes: [UInt8] { Self.bytes(value, kind) }

    static func bytes(_ value: UInt64, _ kind: Kind) -> [UInt8] {
        (0..<kind.width / 8).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    /// The checksum of 32 bits of whole bytes.
    package static func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 { whole(.crc32, bytes) }

    /// The same with Castagnoli's polynomial.
    package static func crc32c(_ bytes: UnsafeRawBufferPointer) -> UInt32 { whole(.crc32c, bytes) }

    private static func whole(_ kind: Kind, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var crc = CRC(kind)
        crc.update(bytes)
        return UInt32(truncatingIfNeeded: crc.value)
    }
}

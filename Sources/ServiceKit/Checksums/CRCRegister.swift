import CChecksums

/// How a check's register takes bytes: sixty-four at a time where the processor multiplies without carries, eight at a time by
/// tables elsewhere.
struct CRCRegister: Sendable {
    private static let crc32 = CRCRegister(.crc32)
    private static let crc32c = CRCRegister(.crc32c)
    private static let crc64nvme = CRCRegister(.crc64nvme)

    static func of(_ kind: CRC.Kind) -> CRCRegister {
        switch kind {
        case .crc32: crc32
        case .crc32c: crc32c
        case .crc64nvme: crc64nvme
        }
    }

    /// Below it, folding does not pay.
    private static let foldable = 128

    /// `table[k * 256 + b]` is the effect of byte `b` followed by `k` zero bytes.
    private let table: [UInt64]
    /// As `crc_fold` wants them; empty if the processor can't.
    private let multipliers: [UInt64]

    /// `folds`: whether to use what the processor has.
    init(_ kind: CRC.Kind, folds: Bool = crc_can_fold()) {
        table = Self.table(kind.polynomial)
        multipliers = folds ? [575, 511, 191, 127].map { Self.power($0, kind) } : []
    }

    func updated(_ state: UInt64, with bytes: UnsafeRawBufferPointer) -> UInt64 {
        guard bytes.count >= Self.foldable, !multipliers.isEmpty,
            let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        else { return looked(up: bytes, state) }
        let count = bytes.count & ~63
        let folded = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { remainder -> UInt64? in
            guard let rest = remainder.baseAddress else { return nil }
            crc_fold(start, count, state, multipliers, rest)
            return looked(up: UnsafeRawBufferPointer(remainder), 0)
        }
        guard let folded else { return looked(up: bytes, state) }
        return looked(up: UnsafeRawBufferPointer(rebasing: bytes[count...]), folded)
    }

    private func looked(up bytes: UnsafeRawBufferPointer, _ state: UInt64) -> UInt64 {
        var crc = state
        table.withUnsafeBufferPointer { table in
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
        return crc
    }

    private static func table(_ polynomial: UInt64) -> [UInt64] {
        var table = [UInt64](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt64(byte)
            for _ in 0..<8 { value = next(value, polynomial) }
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

    /// A power of x modulo the polynomial, its constant in the highest of 64 bits.
    private static func power(_ exponent: Int, _ kind: CRC.Kind) -> UInt64 {
        var value: UInt64 = 1 << UInt64(kind.width - 1)
        for _ in 0..<exponent { value = next(value, kind.polynomial) }
        return value << UInt64(64 - kind.width)
    }

    /// Times x.
    private static func next(_ value: UInt64, _ polynomial: UInt64) -> UInt64 {
        value & 1 == 1 ? (value >> 1) ^ polynomial : value >> 1
    }
}

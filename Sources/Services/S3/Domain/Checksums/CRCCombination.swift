/// The check of two byte strings, one after the other, from the check of each.
///
/// To append a zero byte is a linear map of the register; appending n of them is its n-th power, by squaring. See Mark Adler's
/// note in zlib (crc32_combine). Most parts of an object have one length: its map is computed once.
struct CRCCombination {
    private let algorithm: ChecksumAlgorithm
    private var known: (length: Int, map: [UInt64])?

    init(_ algorithm: ChecksumAlgorithm) { self.algorithm = algorithm }

    /// `first`: the finished check of what comes first.
    /// `second`: that of what follows.
    /// `length`: how many bytes follow.
    mutating func combine(_ first: UInt64, _ second: UInt64, length: Int) -> UInt64 {
        guard length > 0 else { return first }
        if known?.length != length { known = (length, Self.power(algorithm, length)) }
        return Self.apply(known?.map ?? [], first) ^ second
    }

    static func combine(_ algorithm: ChecksumAlgorithm, _ first: UInt64, _ second: UInt64, length: Int) -> UInt64 {
        var combination = CRCCombination(algorithm)
        return combination.combine(first, second, length: length)
    }

    /// The map of many zero bytes.
    private static func power(_ algorithm: ChecksumAlgorithm, _ length: Int) -> [UInt64] {
        let (polynomial, width) = parameters(algorithm)
        // The map of one zero bit.
        var map = [UInt64](repeating: 0, count: width)
        map[0] = polynomial
        for bit in 1..<width { map[bit] = 1 << UInt64(bit - 1) }
        // Of one zero byte.
        for _ in 0..<3 { map = square(map) }
        var result = (0..<width).map { 1 << UInt64($0) as UInt64 }
        var rest = length
        while rest > 0 {
            if rest & 1 == 1 { result = result.map { apply(map, $0) } }
            rest >>= 1
            if rest > 0 { map = square(map) }
        }
        return result
    }

    static func value(_ bytes: [UInt8]) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    static func bytes(_ value: UInt64, _ algorithm: ChecksumAlgorithm) -> [UInt8] {
        (0..<algorithm.length).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    private static func parameters(_ algorithm: ChecksumAlgorithm) -> (UInt64, Int) {
        switch algorithm {
        case .crc32: (0xEDB8_8320, 32)
        case .crc32c: (0x82F6_3B78, 32)
        default: (0x9A6C_9329_AC4B_C9B5, 64)
        }
    }

    private static func apply(_ map: [UInt64], _ vector: UInt64) -> UInt64 {
        var sum: UInt64 = 0
        var rest = vector
        var row = 0
        while rest != 0 {
            if rest & 1 == 1 { sum ^= map[row] }
            rest >>= 1
            row += 1
        }
        return sum
    }

    private static func square(_ map: [UInt64]) -> [UInt64] { map.map { apply(map, $0) } }
}

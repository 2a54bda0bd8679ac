extension CRC {
    /// The check of byte strings, one after the other, from the check of each.
    ///
    /// To append a zero byte is a linear map of the register; appending n of them is its n-th power, by squaring. See Mark Adler's
    /// note in zlib (crc32_combine).
    /// `parts` are the bytes of each check, most significant first, and how many bytes it is of.
    package static func combined(_ kind: Kind, _ parts: some Sequence<(check: [UInt8], length: Int)>) -> [UInt8] {
        var whole: UInt64 = 0
        for part in parts {
            let check = part.check.reduce(0) { $0 << 8 | UInt64($1) }
            whole = combined(kind, whole, check, length: part.length)
        }
        return bytes(whole, kind)
    }

    /// `length`: how many bytes `second` is of.
    private static func combined(_ kind: Kind, _ first: UInt64, _ second: UInt64, length: Int) -> UInt64 {
        guard length > 0 else { return first }
        // The map of one zero bit.
        var map = [UInt64](repeating: 0, count: kind.width)
        map[0] = kind.polynomial
        for bit in 1..<kind.width { map[bit] = 1 << UInt64(bit - 1) }
        // Of one zero byte.
        for _ in 0..<3 { map = square(map) }
        var value = first
        var rest = length
        while rest > 0 {
            if rest & 1 == 1 { value = apply(map, value) }
            rest >>= 1
            if rest > 0 { map = square(map) }
        }
        return value ^ second
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

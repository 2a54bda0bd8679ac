/// Random UUIDs (version 4) in lower case, as AWS writes request ids and revision ids.
public enum RandomUUID {
    private static let digits = Array("0123456789abcdef".utf8)

    public static func make() -> String {
        var generator = BufferedRandom()
        return make(using: &generator)
    }

    /// A UUID made of the next 128 bits of `generator`.
    public static func make(using generator: inout some RandomNumberGenerator) -> String {
        let high = (generator.next() as UInt64) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = (generator.next() as UInt64) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for nibble in 0..<32 {
                if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                    buffer[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = nibble < 16 ? high : low
                buffer[position] = digits[Int(word >> UInt64(60 - nibble % 16 * 4) & 15)]
                position += 1
            }
            return 36
        }
    }
}

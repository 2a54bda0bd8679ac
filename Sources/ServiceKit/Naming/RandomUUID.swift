import ServiceModel

/// Random UUIDs (version 4) in lower case, as AWS writes request ids and revision ids.
public enum RandomUUID {
    public static func make() -> String {
        var generator = BufferedRandom()
        return make(using: &generator)
    }

    /// A UUID made of the next 128 bits of `generator`.
    public static func make(using generator: inout some RandomNumberGenerator) -> String {
        let (high, low) = bits(using: &generator)
        return text(high, low)
    }

    /// The same as two numbers.
    package static func bits(using generator: inout some RandomNumberGenerator) -> (high: UInt64, low: UInt64) {
        (
            (generator.next() as UInt64) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000,
            (generator.next() as UInt64) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        )
    }

    /// 128 bits as a UUID's text.
    package static func text(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for nibble in 0..<32 {
                if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                    buffer[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = nibble < 16 ? high : low
                buffer[position] = Hexadecimal.digits[Int(word >> UInt64(60 - nibble % 16 * 4) & 15)]
                position += 1
            }
            return 36
        }
    }
}

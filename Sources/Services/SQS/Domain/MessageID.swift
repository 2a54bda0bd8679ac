import ServiceKit

/// The id of a message: a random UUID, as two numbers.
struct MessageID: Sendable, Hashable {
    var high: UInt64
    var low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    static func make() -> MessageID {
        let generator = BufferedRandom()
        return MessageID(
            high: (generator.next() as UInt64) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000,
            low: (generator.next() as UInt64) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }

    private static let digits = Array("0123456789abcdef".utf8)

    /// With dashes, in lower case.
    var text: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for nibble in 0..<32 {
                if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                    buffer[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = nibble < 16 ? high : low
                buffer[position] = Self.digits[Int(word >> UInt64(60 - nibble % 16 * 4) & 15)]
                position += 1
            }
            return 36
        }
    }
}

import ServiceModel

/// What a receiver deletes a message by, or keeps it for longer: the message, and which of its receipts this is.
struct ReceiptHandle: Sendable, Hashable {
    /// The queue's number.
    var queue: Int64
    var sequence: Int64
    /// Of this receipt, among those of all messages since the process began; on a shared database a random number.
    var token: UInt64

    init(queue: Int64, sequence: Int64, token: UInt64) {
        self.queue = queue
        self.sequence = sequence
        self.token = token
    }

    /// Nil for what was never a handle.
    init?(_ text: String) {
        var text = text
        let words = text.withUTF8 { bytes -> (UInt64, UInt64, UInt64, UInt64)? in
            guard bytes.count == 64, let first = Self.word(bytes, 0), let second = Self.word(bytes, 16),
                let third = Self.word(bytes, 32), let fourth = Self.word(bytes, 48)
            else { return nil }
            return (first, second, third, fourth)
        }
        guard let words else { return nil }
        queue = Int64(bitPattern: words.0)
        sequence = Int64(bitPattern: words.1)
        token = words.2
        guard words.3 == check else { return nil }
    }

    var text: String {
        let check = check
        return String(unsafeUninitializedCapacity: 64) { buffer in
            for position in 0..<64 {
                let word =
                    switch position / 16 {
                    case 0: UInt64(bitPattern: queue)
                    case 1: UInt64(bitPattern: sequence)
                    case 2: token
                    default: check
                    }
                buffer[position] = Hexadecimal.digits[Int(word >> UInt64(60 - position % 16 * 4) & 15)]
            }
            return 64
        }
    }

    private static func word(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt64? {
        var value: UInt64 = 0
        for byte in bytes[start..<start + 16] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }

    /// Tells a handle from other text of its length; it is no secret.
    private var check: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for word in [UInt64(bitPattern: queue), UInt64(bitPattern: sequence), token] {
            hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
        }
        return hash
    }
}

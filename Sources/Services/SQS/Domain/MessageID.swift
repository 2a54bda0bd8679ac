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
        var generator = BufferedRandom()
        let (high, low) = RandomUUID.bits(using: &generator)
        return MessageID(high: high, low: low)
    }

    /// With dashes, in lower case.
    var text: String { RandomUUID.text(high, low) }
}

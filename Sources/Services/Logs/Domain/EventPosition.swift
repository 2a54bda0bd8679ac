/// A place among the events of a group or stream: before the event that has this time and sequence number.
///
/// Events are ordered by their time, and those of one time in the order in which they arrived.
struct EventPosition: Hashable, Sendable, Comparable {
    /// Milliseconds since 1970.
    var timestamp: Int64
    var sequence: Int64

    static let first = EventPosition(timestamp: .min, sequence: 0)
    static let last = EventPosition(timestamp: .max, sequence: .max)

    static func < (a: EventPosition, b: EventPosition) -> Bool {
        (a.timestamp, a.sequence) < (b.timestamp, b.sequence)
    }

    /// The place right behind the event at this one.
    var next: EventPosition {
        sequence == .max
            ? .init(timestamp: timestamp &+ 1, sequence: 0) : .init(timestamp: timestamp, sequence: sequence + 1)
    }
}

extension EventPosition {
    /// The 56 decimal digits that AWS shows: as an event's id, and in the tokens of GetLogEvents. The time stands above 144 bits of order.
    var decimal: String {
        let time = UInt64(max(timestamp, 0))
        let order = UInt64(max(sequence, 0))
        // time << 144 | order << 80, in words of 32 bits, the most significant first.
        var words = [UInt32](repeating: 0, count: 7)
        func add(_ value: UInt64, shift: Int) {
            for bit in 0..<64 where value & (1 << UInt64(bit)) != 0 {
                let place = bit + shift
                words[6 - place / 32] |= 1 << UInt32(place % 32)
            }
        }
        add(time, shift: 144)
        add(order, shift: 80)
        var digits: [UInt8] = []
        while words.contains(where: { $0 != 0 }) {
            var rest: UInt64 = 0
            for index in words.indices {
                let value = rest << 32 | UInt64(words[index])
                words[index] = UInt32(value / 1_000_000_000)
                rest = value % 1_000_000_000
            }
            for _ in 0..<9 {
                digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
                rest /= 10
            }
        }
        while digits.count > 56, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        while digits.count < 56 { digits.append(UInt8(ascii: "0")) }
        return String(decoding: digits.reversed(), as: UTF8.self)
    }

    /// The position that 56 digits stand for; nil if these are not digits of ours.
    init?(decimal: some StringProtocol) {
        guard decimal.utf8.count >= 56, decimal.utf8.count <= 63 else { return nil }
        var words = [UInt32](repeating: 0, count: 8)
        for digit in decimal.utf8 {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            var carry = UInt64(digit - UInt8(ascii: "0"))
            for index in words.indices.reversed() {
                let value = UInt64(words[index]) * 10 + carry
                words[index] = UInt32(truncatingIfNeeded: value)
                carry = value >> 32
            }
        }
        func bits(_ shift: Int) -> UInt64 {
            var value: UInt64 = 0
            for bit in 0..<64 {
                let place = bit + shift
                if words[7 - place / 32] & (1 << UInt32(place % 32)) != 0 { value |= 1 << UInt64(bit) }
            }
            return value
        }
        guard let time = Int64(exactly: bits(144)), let order = Int64(exactly: bits(80)), bits(16) == 0, words[7] == 0
        else { return nil }
        self.init(timestamp: time, sequence: order)
    }
}

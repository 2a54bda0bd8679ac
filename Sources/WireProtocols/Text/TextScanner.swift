import ServiceModel

/// Reads the forms of timestamps from short texts.
struct TextScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8.prefix(64)) }

    private var isAtEnd: Bool { position == bytes.count }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func digits(_ count: ClosedRange<Int>) -> Int? {
        var value = 0
        let start = position
        while position < bytes.count, position - start < count.upperBound, (0x30...0x39).contains(bytes[position]) {
            value = value * 10 + Int(bytes[position] - 0x30)
            position += 1
        }
        return position - start >= count.lowerBound ? value : nil
    }

    /// `2023-11-14T22:13:20.123Z`, with any number of digits of a fraction, an offset, or no time at all.
    mutating func iso8601() -> Timestamp? {
        guard let year = digits(4...4), take(0x2D), let month = digits(2...2), take(0x2D), let day = digits(2...2)
        else { return nil }
        var fields = CivilTime(year: year, month: month, day: day)
        guard take(UInt8(ascii: "T")) || take(UInt8(ascii: "t")) || take(0x20) else {
            return isAtEnd ? fields.timestamp : nil
        }
        guard clock(&fields) else { return nil }
        if take(0x2E) {
            guard let fraction = fraction() else { return nil }
            fields.millisecond = fraction
        }
        guard let time = fields.timestamp, let offset = offset(), isAtEnd else { return nil }
        return Timestamp(milliseconds: time.milliseconds - Int64(offset) * 60_000)
    }

    private mutating func clock(_ fields: inout CivilTime) -> Bool {
        guard let hour = digits(2...2), take(0x3A), let minute = digits(2...2), take(0x3A), let second = digits(2...2)
        else { return false }
        fields.hour = hour
        fields.minute = minute
        fields.second = second
        return true
    }

    /// The digits after a point, as milliseconds; more digits are cut off.
    private mutating func fraction() -> Int? {
        let start = position
        guard let value = digits(1...3) else { return nil }
        let count = position - start
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
        return count == 1 ? value * 100 : count == 2 ? value * 10 : value
    }

    /// Minutes east of Greenwich; nothing means none.
    private mutating func offset() -> Int? {
        if isAtEnd || take(UInt8(ascii: "Z")) || take(UInt8(ascii: "z")) { return 0 }
        let isEast = take(0x2B)
        guard isEast || take(0x2D), let hours = digits(2...2) else { return nil }
        _ = take(0x3A)
        guard let minutes = digits(2...2), hours <= 23, minutes <= 59 else { return nil }
        return (isEast ? 1 : -1) * (hours * 60 + minutes)
    }

    /// `Tue, 14 Nov 2023 22:13:20 GMT`.
    mutating func rfc822() -> Timestamp? {
        guard let comma = bytes.prefix(10).firstIndex(of: 0x2C) else { return nil }
        position = comma + 1
        _ = take(0x20)
        guard let day = digits(1...2), take(0x20), position + 3 <= bytes.count else { return nil }
        let name = String(decoding: bytes[position..<position + 3], as: UTF8.self)
        guard let month = TimestampText.months.firstIndex(of: name) else { return nil }
        position += 3
        guard take(0x20), let year = digits(4...4), take(0x20) else { return nil }
        var fields = CivilTime(year: year, month: month + 1, day: day)
        guard clock(&fields) else { return nil }
        if take(0x2E) {
            guard let fraction = fraction() else { return nil }
            fields.millisecond = fraction
        }
        guard String(decoding: bytes[position...], as: UTF8.self) == " GMT" else { return nil }
        return fields.timestamp
    }
}

import ServiceModel

/// Timestamps in the forms that AWS's protocols know.
enum TimestampText {
    /// `2023-11-14T22:13:20Z`, with milliseconds if there are any.
    static func iso8601(_ time: Timestamp) -> String {
        let fields = CivilTime(time)
        var text = "\(padded(fields.year, 4))-\(padded(fields.month, 2))-\(padded(fields.day, 2))T\(clock(fields))"
        if fields.millisecond > 0 { text += "." + padded(fields.millisecond, 3) }
        return text + "Z"
    }

    /// `Tue, 14 Nov 2023 22:13:20 GMT`; without a fraction, which the form cannot carry.
    static func rfc822(_ time: Timestamp) -> String {
        let fields = CivilTime(time)
        return
            "\(days[fields.weekday]), \(padded(fields.day, 2)) \(months[fields.month - 1]) \(padded(fields.year, 4)) \(clock(fields)) GMT"
    }

    /// Seconds since the epoch, with milliseconds if there are any.
    static func unix(_ time: Timestamp) -> String {
        let (seconds, millisecond) = time.milliseconds.quotientAndRemainder(dividingBy: 1000)
        guard millisecond != 0 else { return String(seconds) }
        let fraction = padded(Int(millisecond.magnitude), 3)
        return (time.milliseconds < 0 ? "-" : "") + "\(seconds.magnitude)." + fraction
    }

    private static func clock(_ fields: CivilTime) -> String {
        "\(padded(fields.hour, 2)):\(padded(fields.minute, 2)):\(padded(fields.second, 2))"
    }

    private static func padded(_ value: Int, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Reads any of the three forms. ISO 8601 may have an offset, or be a date only.
    static func parse(_ text: String) -> Timestamp? {
        var scanner = TextScanner(text)
        if let time = scanner.iso8601() { return time }
        scanner = TextScanner(text)
        if let time = scanner.rfc822() { return time }
        return number(text)
    }

    /// Seconds since the epoch, with or without a fraction.
    static func number(_ text: String) -> Timestamp? {
        guard let first = text.utf8.first, first == 0x2D || (0x30...0x39).contains(first), text.utf8.count < 32,
            let seconds = Double(text), seconds.isFinite, abs(seconds) < 1e13
        else { return nil }
        return Timestamp(seconds: seconds)
    }
}

/// A point in time as calendar and clock (UTC, proleptic Gregorian).
struct CivilTime {
    var year: Int
    var month: Int
    var day: Int
    var hour = 0
    var minute = 0
    var second = 0
    var millisecond = 0

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    init(_ time: Timestamp) {
        let dayLength: Int64 = 86_400_000
        var days = time.milliseconds / dayLength
        var rest = Int(time.milliseconds % dayLength)
        if rest < 0 {
            rest += Int(dayLength)
            days -= 1
        }
        let date = Timestamp.civil(daysSinceEpoch: days)
        (year, month, day) = (Int(date.year), Int(date.month), Int(date.day))
        hour = rest / 3_600_000
        minute = rest / 60_000 % 60
        second = rest / 1000 % 60
        millisecond = rest % 1000
    }

    private var days: Int {
        Int(Timestamp.daysSinceEpoch(year: Int64(year), month: Int64(month), day: Int64(day)))
    }

    /// Sunday is 0.
    var weekday: Int { ((days + 4) % 7 + 7) % 7 }

    /// Nil if a field is out of its range.
    var timestamp: Timestamp? {
        guard (1...12).contains(month), day >= 1, day <= CivilTime.days(in: month, of: year), (0...23).contains(hour),
            (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        let seconds = Int64(days) * 86_400 + Int64(hour) * 3600 + Int64(minute) * 60 + Int64(second)
        return Timestamp(milliseconds: seconds * 1000 + Int64(millisecond))
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

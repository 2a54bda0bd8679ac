import ServiceModel

/// A point in time on the Gregorian calendar, in UTC.
struct CivilTime: Equatable {
    var daysSinceEpoch: Int64
    var year: Int
    /// 1 to 12.
    var month: Int
    /// 1 to 31.
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int

    init(seconds: Int64) {
        daysSinceEpoch = seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
        let rest = Int(seconds - daysSinceEpoch * 86_400)
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
        let date = Timestamp.civil(daysSinceEpoch: daysSinceEpoch)
        (year, month, day) = (Int(date.year), Int(date.month), Int(date.day))
    }

    /// The seconds since the epoch of a date, nil if there is no such date.
    static func seconds(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) -> Int64? {
        guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day), (0...23).contains(hour),
            (0...59).contains(minute), (0...59).contains(second)
        else { return nil }
        let days = Timestamp.daysSinceEpoch(year: Int64(year), month: Int64(month), day: Int64(day))
        let result = days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        // The 31st of a month with 30 days would come back as the first of the next.
        let back = CivilTime(seconds: result)
        return back.day == day && back.month == month ? result : nil
    }

    /// Reads `20261121T034500Z`, the form of `X-Amz-Date`; nil for anything else.
    static func seconds(basic text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for byte in bytes[range] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8), let hour = number(9..<11),
            let minute = number(11..<13), let second = number(13..<15)
        else { return nil }
        return seconds(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    }

    /// Reads `Fri, 21 Nov 2026 03:45:00 GMT`, the form of a `Date` header; nil for anything else.
    static func seconds(http text: String) -> Int64? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 6, parts[5] == "GMT" || parts[5] == "UTC" || parts[5] == "+0000" else { return nil }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let time = parts[4].split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard let day = Int(parts[1]), let month = months.firstIndex(of: String(parts[2])), let year = Int(parts[3]),
            time.count == 3
        else { return nil }
        return seconds(year: year, month: month + 1, day: day, hour: time[0], minute: time[1], second: time[2])
    }

    /// `20261121T034500Z`.
    static func basic(seconds: Int64) -> String {
        let time = CivilTime(seconds: seconds)
        func digits(_ value: Int, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
        }
        return digits(time.year, 4) + digits(time.month, 2) + digits(time.day, 2) + "T" + digits(time.hour, 2)
            + digits(time.minute, 2) + digits(time.second, 2) + "Z"
    }

    /// `2026-11-21T03:45:00Z`.
    static func extended(seconds: Int64) -> String {
        let basic = Array(basic(seconds: seconds))
        guard basic.count == 16 else { return String(basic) }
        return String(basic[0..<4]) + "-" + String(basic[4..<6]) + "-" + String(basic[6..<11]) + ":"
            + String(basic[11..<13]) + ":" + String(basic[13...])
    }
}

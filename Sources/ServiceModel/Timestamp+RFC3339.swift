extension Timestamp {
    /// As RFC 3339 with milliseconds in UTC, such as `2026-02-03T04:05:06.007Z`. Years beyond 0…9999 are clamped.
    public var rfc3339: String {
        let clamped = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999)
        let day = clamped >= 0 ? clamped / 86_400_000 : (clamped - 86_399_999) / 86_400_000
        let rest = clamped - day * 86_400_000
        let (year, month, dayOfMonth) = Self.civil(daysSinceEpoch: day)
        var text = ""
        text.reserveCapacity(24)
        func digits(_ value: Int64, _ count: Int) {
            let string = String(value)
            for _ in 0..<max(0, count - string.utf8.count) { text += "0" }
            text += string
        }
        digits(year, 4)
        text += "-"
        digits(month, 2)
        text += "-"
        digits(dayOfMonth, 2)
        text += "T"
        digits(rest / 3_600_000, 2)
        text += ":"
        digits(rest / 60_000 % 60, 2)
        text += ":"
        digits(rest / 1000 % 60, 2)
        text += "."
        digits(rest % 1000, 3)
        text += "Z"
        return text
    }

    /// The date of a day in the proleptic Gregorian calendar.
    public static func civil(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
        // Years begin in March, so that the leap day is a year's last; eras are of 400 years.
        let shifted = daysSinceEpoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// The inverse of ``civil(daysSinceEpoch:)``, for a month from 1 to 12. A day that the month has not counts on.
    public static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

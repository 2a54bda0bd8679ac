import ServiceModel

/// Dates as policies write them: ISO 8601 as W3C has it (`2026-02-03`, `2026-02-03T04:05:06Z`, with a fraction or an offset), or
/// seconds since the epoch.
enum PolicyDate {
    static func read(_ text: String) -> Timestamp? {
        if let seconds = Double(text), !text.contains("-") || text.first == "-" {
            guard seconds.magnitude < 1e12 else { return nil }
            return Timestamp(milliseconds: Int64((seconds * 1000).rounded()))
        }
        let halves = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        let date = halves[0].split(separator: "-", omittingEmptySubsequences: false).map(number)
        guard (1...3).contains(date.count), let year = date[0], let month = date.count > 1 ? date[1] : 1,
            let day = date.count > 2 ? date[2] : 1, (0...9999).contains(year), (1...12).contains(month),
            (1...31).contains(day)
        else { return nil }
        let midnight = Timestamp.daysSinceEpoch(year: year, month: month, day: day) * 86_400_000
        guard halves.count == 2 else { return Timestamp(milliseconds: midnight) }
        return time(halves[1]).map { Timestamp(milliseconds: midnight + $0) }
    }

    /// In milliseconds after midnight UTC.
    private static func time(_ text: Substring) -> Int64? {
        var clock = text
        var offset: Int64 = 0
        if clock.last == "Z" {
            clock = clock.dropLast()
        } else if let sign = clock.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            let parts = clock[clock.index(after: sign)...].split(separator: ":").map(number)
            guard parts.count == 2, let hours = parts[0], let minutes = parts[1], hours < 24, minutes < 60 else {
                return nil
            }
            offset = (hours * 60 + minutes) * 60_000 * (clock[sign] == "+" ? 1 : -1)
            clock = clock[..<sign]
        }
        let parts = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, let hours = number(parts[0]), let minutes = number(parts[1]),
            hours < 24, minutes < 60
        else { return nil }
        var milliseconds: Int64 = 0
        if parts.count == 3 {
            let seconds = parts[2].split(separator: ".", omittingEmptySubsequences: false)
            guard seconds.count <= 2, let whole = number(seconds[0]), whole <= 60 else { return nil }
            milliseconds = whole * 1000
            if seconds.count == 2 {
                guard let fraction = number((seconds[1] + "000").prefix(3)) else { return nil }
                milliseconds += fraction
            }
        }
        return (hours * 60 + minutes) * 60_000 + milliseconds - offset
    }

    private static func number(_ text: some StringProtocol) -> Int64? {
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }
}

/// How long a group keeps its events.
enum RetentionDays {
    static let allowed = [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
    ]

    static var refusal: String {
        "Invalid retention value. Valid values are: [\(allowed.map(String.init).joined(separator: ", "))]"
    }

    /// Events before this time, in milliseconds since 1970, are gone; nil: none ever is.
    static func cutoff(_ days: Int?, now: Int64) -> Int64? { days.map { now - Int64($0) * LogLimits.day } }
}

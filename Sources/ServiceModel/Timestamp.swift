/// A point in time as AWS APIs carry it: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Milliseconds since the epoch; negative before it.
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Rounds to whole milliseconds; what does not fit is clamped.
    public init(seconds: Double) {
        let scaled = (seconds * 1000).rounded()
        if scaled.isNaN {
            milliseconds = 0
        } else {
            milliseconds = Int64(exactly: scaled) ?? (scaled < 0 ? .min : .max)
        }
    }

    public var seconds: Double { Double(milliseconds) / 1000 }

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    /// This time moved by `duration`, clamped to what fits.
    public func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        if overflow { return Timestamp(milliseconds: seconds < 0 ? .min : .max) }
        let (sum, overflowed) = milliseconds.addingReportingOverflow(scaled + attoseconds / 1_000_000_000_000_000)
        return Timestamp(milliseconds: overflowed ? (seconds < 0 ? .min : .max) : sum)
    }
}

public import ServiceKit

/// How long things took: how many fell into each of a few hundred ranges, which widen with the duration. Bounded, and cheap to add to;
/// quantiles are exact to some three per cent of the duration.
public struct DurationHistogram: Sendable, Hashable {
    /// Up to the highest range that was ever used.
    private var ranges: [UInt32] = []
    /// How many there are, their sum, and the extremes; in milliseconds, and exact.
    public private(set) var values = MetricValues()

    public init() {}

    /// Adds one duration. What is no number, or below nothing, counts as nothing.
    public mutating func record(milliseconds: Double) {
        let milliseconds = milliseconds > 0 && milliseconds.isFinite ? milliseconds : 0
        values.add(milliseconds)
        let range = Self.range(of: milliseconds)
        if range >= ranges.count { grow(to: range) }
        if ranges[range] == .max { halve() }
        ranges[range] += 1
    }

    /// Adds what another has recorded.
    public mutating func merge(_ other: DurationHistogram) {
        values.merge(other.values)
        if other.ranges.count > ranges.count { grow(to: other.ranges.count - 1) }
        var added = other
        while zip(ranges, added.ranges).contains(where: { $0.addingReportingOverflow($1).overflow }) {
            halve()
            added.halve()
        }
        for (index, value) in added.ranges.enumerated() { ranges[index] += value }
    }

    public var count: Int { values.sampleCount }
    /// In milliseconds.
    public var mean: Double { count == 0 ? 0 : values.sum / Double(count) }
    /// In milliseconds.
    public var maximum: Double { values.maximum }

    /// The duration that a share of all did not exceed.
    /// - Parameter share: from 0 to 1.
    /// - Returns: milliseconds; 0 if nothing was recorded.
    public func quantile(_ share: Double) -> Double {
        let total = ranges.reduce(0) { $0 + Int($1) }
        guard total > 0 else { return 0 }
        let rank = max(1, min(total, Int((share * Double(total)).rounded(.up))))
        var seen = 0
        for (index, value) in ranges.enumerated() {
            seen += Int(value)
            if seen >= rank { return min(maximum, Self.middle(of: index)) }
        }
        return maximum
    }

    // MARK: Ranges

    // Below 32 microseconds each has a range of its own; above, each doubling is divided into 16. The last one holds
    // everything from about 35 minutes.
    private static let exact = 32
    private static let parts = 16
    private static let longest = Double(UInt32.max)

    private static func range(of milliseconds: Double) -> Int {
        let microseconds = UInt32(min(milliseconds * 1000, longest))
        guard microseconds >= exact else { return Int(microseconds) }
        let doubling = 31 - microseconds.leadingZeroBitCount
        return exact + (doubling - 5) * parts + Int(microseconds >> UInt32(doubling - 4)) - parts
    }

    /// In milliseconds.
    private static func middle(of range: Int) -> Double {
        guard range >= exact else { return Double(range) / 1000 }
        let doubling = (range - exact) / parts + 5
        let width = Double(UInt32(1) << UInt32(doubling - 4))
        return (Double(parts + (range - exact) % parts) + 0.5) * width / 1000
    }

    private mutating func grow(to range: Int) {
        ranges += Array(repeating: 0, count: (range / Self.parts + 1) * Self.parts - ranges.count)
    }

    /// Keeps the shape when a range has no room for more.
    private mutating func halve() {
        for index in ranges.indices { ranges[index] = ranges[index] / 2 + ranges[index] % 2 }
    }
}

/// What a ``DurationHistogram`` tells people, in milliseconds.
public struct DurationSummary: Sendable, Hashable, Codable {
    public var count: Int
    public var mean: Double
    public var p50: Double
    public var p99: Double
    public var max: Double

    public init(_ histogram: DurationHistogram) {
        count = histogram.count
        mean = Self.rounded(histogram.mean)
        p50 = Self.rounded(histogram.quantile(0.5))
        p99 = Self.rounded(histogram.quantile(0.99))
        max = Self.rounded(histogram.maximum)
    }

    /// To a microsecond.
    public static func rounded(_ milliseconds: Double) -> Double { (milliseconds * 1000).rounded() / 1000 }
}

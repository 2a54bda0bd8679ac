import Execution
import TestSupport
import Testing

@Suite struct ObservationTests {
    @Test func nothingIsNothing() {
        let histogram = DurationHistogram()
        #expect(histogram.count == 0 && histogram.mean == 0 && histogram.quantile(0.5) == 0 && histogram.maximum == 0)
        #expect(DurationSummary(histogram) == DurationSummary(DurationHistogram()))
    }

    /// Against the exact answer: the difference is at most the half of a range.
    @Test(arguments: 0..<40) func quantilesAreNearTheExactOnes(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var histogram = DurationHistogram()
        // From a microsecond to a quarter of an hour, as many of each magnitude.
        var values: [Double] = []
        for _ in 0..<Int.random(in: 1...3000, using: &random) {
            var value = Double.random(in: 1..<10, using: &random) / 1000
            for _ in 0..<Int.random(in: 0..<8, using: &random) { value *= 10 }
            values.append(value)
            histogram.record(milliseconds: value)
        }
        values.sort()
        for share in [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = values[max(0, Int((share * Double(values.count)).rounded(.up)) - 1)]
            let found = histogram.quantile(share)
            #expect(abs(found - exact) <= exact * 0.033 + 0.001, "\(share): \(found), not \(exact)")
        }
        #expect(histogram.maximum == values.last && histogram.quantile(1) <= histogram.maximum)
        #expect(abs(histogram.mean - values.reduce(0, +) / Double(values.count)) < 0.001 * histogram.maximum)
    }

    @Test(arguments: 0..<10) func whatIsMergedIsAsIfRecordedTogether(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var (one, other, both) = (DurationHistogram(), DurationHistogram(), DurationHistogram())
        for _ in 0..<500 {
            // Whole thousandths of a power of two: sums do not depend on the order.
            let value = Double(Int.random(in: 0..<4_000_000, using: &random)) / 1024
            if Bool.random(using: &random) {
                one.record(milliseconds: value)
            } else {
                other.record(milliseconds: value)
            }
            both.record(milliseconds: value)
        }
        one.merge(other)
        one.merge(DurationHistogram())
        #expect(DurationSummary(one) == DurationSummary(both))
    }

    @Test(arguments: [-.infinity, -1, 0, .nan, .infinity, .greatestFiniteMagnitude, 1e9]) func anyNumberIsTaken(
        _ value: Double
    ) {
        var histogram = DurationHistogram()
        histogram.record(milliseconds: value)
        #expect(histogram.count == 1 && histogram.maximum.isFinite && histogram.quantile(0.5).isFinite)
        #expect(histogram.quantile(0.5) >= 0)
    }

    /// More than a range can count: the shape stays.
    @Test func manyMoreThanARangeCounts() {
        var histogram = DurationHistogram()
        for _ in 0..<3 { histogram.record(milliseconds: 1) }
        histogram.record(milliseconds: 100)
        for _ in 0..<40 { histogram.merge(histogram) }
        #expect(histogram.count == 4 << 40)
        #expect(abs(histogram.quantile(0.5) - 1) < 0.04 && abs(histogram.quantile(0.9) - 100) < 4)
    }

    @Test func statisticsCountAsCloudWatchDoes() {
        var one = InvocationStatistics()
        one.startedCold()
        one.initialized(milliseconds: 12)
        one.ended(.success, milliseconds: 5)
        one.ended(.error, milliseconds: 1)
        one.held(10)
        var other = InvocationStatistics()
        other.ended(.timeout, milliseconds: 3000)
        other.held(30)
        other.held(20)
        one.merge(other)
        #expect(one.invocations == 3 && one.errors == 2 && one.timeouts == 1 && one.coldStarts == 1)
        #expect(one.peakMemory == 30 && one.duration.maximum == 3000 && one.initialization.count == 1)
    }
}

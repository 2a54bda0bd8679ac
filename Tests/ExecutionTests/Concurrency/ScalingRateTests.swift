import Execution
import TestSupport
import Testing

struct ScalingRateTests {
    @Test func aThousandStartAtOnceAndThenAHundredPerSecond() {
        var rate = ScalingRate()
        for _ in 0..<1000 {
            let taken = rate.take(at: .zero)
            #expect(taken)
        }
        let tooMany = rate.take(at: .milliseconds(9))
        #expect(!tooMany)
        let next = rate.take(at: .milliseconds(10))
        #expect(next)
        let later = rate.available(at: .milliseconds(1010))
        #expect(later == 100)
    }

    @Test func nothingIsSavedUp() {
        var rate = ScalingRate()
        let full = rate.available(at: .seconds(100_000))
        #expect(full == 1000)
        _ = rate.take(at: .seconds(100_000))
        let less = rate.available(at: .seconds(100_000))
        #expect(less == 999)
        let refilled = rate.available(at: .seconds(100_001))
        #expect(refilled == 1000)
    }

    /// Whatever the arrivals: never more than what is there at once and what has come back since.
    @Test(arguments: 0..<20) func theRateIsNeverExceeded(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var rate = ScalingRate()
        var now: Duration = .zero
        var starts = 0
        for _ in 0..<5000 {
            now += .microseconds(Int64.random(in: 0..<6000, using: &random))
            if rate.take(at: now) { starts += 1 }
            let (seconds, attoseconds) = now.components
            let allowed = 1000 + (Double(seconds) + Double(attoseconds) / 1e18) * 100
            #expect(Double(starts) <= allowed + 0.001)
        }
        #expect(starts > 1000)
    }

    /// A time that seems to run backwards gives nothing and takes nothing.
    @Test func anEarlierTimeChangesNothing() {
        var rate = ScalingRate()
        _ = rate.take(at: .seconds(5))
        let earlier = rate.available(at: .seconds(4))
        #expect(earlier == 999)
        let same = rate.available(at: .seconds(5))
        #expect(same == 999)
    }
}

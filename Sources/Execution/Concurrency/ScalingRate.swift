/// How fast a function may get new environments: 1,000 every 10 seconds, refilled continuously, and never saved up beyond 1,000.
/// https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
///
/// A pure value; times come from outside, as what has passed since some beginning, and do not run backwards.
public struct ScalingRate: Sendable, Hashable {
    /// What is there at most.
    public static let capacity = 1_000
    /// How long it takes to fill again from nothing.
    public static let period: Duration = .seconds(10)

    /// Billionths of an environment, so that nothing is lost by rounding.
    private var left: Int64 = Int64(capacity) * unit
    private var counted: Duration = .zero

    private static let unit: Int64 = 1_000_000_000
    /// An environment comes back every 10 ms.
    private static let interval: Int64 = 10_000_000

    public init() {}

    /// Takes one environment.
    /// - Returns: false if there is none left.
    public mutating func take(at now: Duration) -> Bool {
        refill(now)
        guard left >= Self.unit else { return false }
        left -= Self.unit
        return true
    }

    /// How many environments may start at once.
    public mutating func available(at now: Duration) -> Int {
        refill(now)
        return Int(left / Self.unit)
    }

    private mutating func refill(_ now: Duration) {
        let passed = now - counted
        guard passed > .zero else { return }
        counted = now
        guard passed < Self.period else {
            left = Int64(Self.capacity) * Self.unit
            return
        }
        let (seconds, attoseconds) = passed.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        left = min(Int64(Self.capacity) * Self.unit, left + nanoseconds * (Self.unit / Self.interval))
    }
}

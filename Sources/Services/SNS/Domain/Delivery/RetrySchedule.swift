import ServiceModel

/// When a delivery is tried again: at once, then after a least delay, then after growing ones, then after the greatest.
/// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
///
/// AWS adds some chance to the delays, and does not say how much; here they are exact.
struct RetrySchedule: Sendable, Hashable {
    /// How delays grow from the least to the greatest.
    enum Growth: String, Sendable, Hashable, CaseIterable {
        case linear, arithmetic, geometric, exponential
    }

    /// How many retries each phase has.
    var immediate: Int
    var least: Int
    var growing: Int
    var greatest: Int
    /// In seconds.
    var minimum: Int
    var maximum: Int
    var growth: Growth

    /// Of SQS, Lambda and Firehose: 100,015 times over 23 days.
    static let managed = RetrySchedule(
        immediate: 3, least: 2, growing: 10, greatest: 100_000, minimum: 1, maximum: 20, growth: .exponential)

    /// Of e-mail, SMS and mobile push: 50 times over 6 hours.
    static let customer = RetrySchedule(
        immediate: 0, least: 2, growing: 10, greatest: 38, minimum: 10, maximum: 600, growth: .exponential)

    var retries: Int { immediate + least + growing + greatest }

    /// How long to wait before a retry, counted from 0; nil: there is none.
    func delay(before retry: Int) -> Duration? {
        guard retry >= 0, retry < retries else { return nil }
        var index = retry
        if index < immediate { return .zero }
        index -= immediate
        if index < least { return .seconds(minimum) }
        index -= least
        if index < growing { return .milliseconds(Int64((grown(index) * 1000).rounded())) }
        return .seconds(maximum)
    }

    /// The delay of a retry of the growing phase, in seconds.
    private func grown(_ index: Int) -> Double {
        let (low, high) = (Double(minimum), Double(maximum))
        guard growing > 1, high > low else { return growing == 1 ? low : high }
        let part = Double(index) / Double(growing - 1)
        switch growth {
        case .linear: return low + (high - low) * part
        // What is added grows by the same each time.
        case .arithmetic: return low + (high - low) * part * (Double(index) + 1) / Double(growing)
        case .geometric: return low * Self.power(max(high, 0.001) / max(low, 0.001), part)
        // Doubled, as far as it goes.
        case .exponential: return min(high, max(low, 1) * Double(1 << min(index, 30)))
        }
    }

    /// `base` to the power of a part of 1, by halving: no library is needed for so little.
    private static func power(_ base: Double, _ part: Double) -> Double {
        var (result, root, rest) = (1.0, base, part)
        for _ in 0..<40 {
            root = root.squareRoot()
            rest *= 2
            if rest >= 2 {
                return base
            } else if rest >= 1 {
                result *= root
                rest -= 1
            }
        }
        return result
    }
}

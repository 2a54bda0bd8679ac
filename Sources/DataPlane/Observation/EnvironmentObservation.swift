import Execution
import NIOCore

/// What was seen of the invocations of one environment. Confined to the environment's loop: counting takes no lock, and whoever asks
/// comes here.
final class EnvironmentObservation: @unchecked Sendable {
    /// The moments of an invocation, as they were noted.
    private struct Moments {
        var requestID: String
        var outcome: InvocationOutcome
        var isFirst: Bool
        var accepted: ContinuousClock.Instant
        var delivered: ContinuousClock.Instant?
        var answered: ContinuousClock.Instant?
        var finished: ContinuousClock.Instant
    }

    fileprivate var statistics = InvocationStatistics()
    private var last: Moments?
    /// How long an invocation has waited for the environment, in milliseconds; nil: it was started for none.
    fileprivate var coldStart: Double?
    /// Its place in the order in which the observatory has taken over what environments have seen; nil: it has not.
    private(set) var mergedAs: Int?

    /// An invocation is over. On the loop.
    func finished(_ invocation: RunningInvocation, milliseconds: Double, peak: Int64?) {
        let isFirst = statistics.invocations == 0
        let outcome = invocation.outcome
        statistics.ended(outcome, milliseconds: milliseconds)
        if let peak { statistics.held(peak) }
        last = Moments(
            requestID: invocation.event.requestID, outcome: outcome, isFirst: isFirst,
            accepted: invocation.accepted, delivered: invocation.began, answered: invocation.ended, finished: .now)
    }

    /// Nothing more comes. On the loop.
    func merged(as place: Int) { mergedAs = place }

    /// Where the time of the last invocation went, and when it was over. On the loop.
    /// - Parameter initialization: in milliseconds.
    /// - Returns: nil if there was none.
    fileprivate func lastTimes(initialization: Double) -> (times: InvocationTimes, finished: ContinuousClock.Instant)? {
        guard let last else { return nil }
        let (delivered, answered) = (last.delivered ?? last.accepted, last.answered ?? last.finished)
        let isCold = last.isFirst && coldStart != nil
        let times = InvocationTimes(
            requestID: last.requestID, outcome: last.outcome,
            start: isCold ? coldStart.map { DurationSummary.rounded(max(0, $0 - initialization)) } : nil,
            initialization: isCold ? DurationSummary.rounded(initialization) : nil,
            delivery: Self.milliseconds(last.accepted, delivered), run: Self.milliseconds(delivered, answered),
            completion: Self.milliseconds(answered, last.finished))
        return (times, last.finished)
    }

    private static func milliseconds(_ from: ContinuousClock.Instant, _ to: ContinuousClock.Instant) -> Double {
        DurationSummary.rounded(max(0, Milliseconds.of(from.duration(to: to))))
    }
}

extension ExecutionEnvironment {
    /// An invocation has waited for the environment from `began` until now.
    func wasWaitedFor(since began: ContinuousClock.Instant) {
        let waited = Milliseconds.of(began.duration(to: .now))
        loop.execute { [observed] in observed.coldStart = waited }
    }

    /// On the loop.
    var statistics: InvocationStatistics {
        var statistics = observed.statistics
        if case .ready = outcomeOfInit { statistics.initialized(milliseconds: initDuration) }
        return statistics
    }

    /// Where the time of the last invocation went, and when it was over. On the loop.
    var lastTimes: (times: InvocationTimes, finished: ContinuousClock.Instant)? {
        observed.lastTimes(initialization: initDuration)
    }
}

import Execution
import NIOCore

/// What was seen of the invocations of one environment, for ``DataPlane/status(limit:)`` and for CloudWatch's metrics alike. Confined to the
/// environment's loop: counting takes no lock, and whoever asks comes here.
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
        /// When the caller had all that it wanted.
        var told: ContinuousClock.Instant
    }

    /// What the invocation waited for that the environment was started for.
    fileprivate struct ColdStart {
        /// When it needed an environment.
        var asked: ContinuousClock.Instant
        /// When the second attempt at an initialisation began, if there had to be one.
        var again: ContinuousClock.Instant?
        var ready: ContinuousClock.Instant
    }

    /// What the metrics have already.
    private var collected = InvocationStatistics()
    /// What they have not, of the ARN that was invoked last, and of others.
    private var recent = InvocationStatistics()
    private var arn = ""
    private var others: [String: InvocationStatistics] = [:]
    private var last: Moments?
    /// nil: the environment was started for none.
    fileprivate var coldStart: ColdStart?
    /// Its place in the order in which the observatory has taken over what environments have seen; nil: it has not.
    private(set) var mergedAs: Int?

    /// An invocation is over. On the loop.
    func finished(_ invocation: RunningInvocation, at now: ContinuousClock.Instant, peak: Int64?) {
        let event = invocation.event
        // Invocations that follow each other name the function in the same way, and in the same string.
        if arn != event.invokedFunctionARN {
            if recent.invocations > 0 { others[arn] = recent }
            arn = event.invokedFunctionARN
            recent = others.removeValue(forKey: arn) ?? InvocationStatistics()
        }
        let outcome = invocation.outcome
        recent.ended(outcome, milliseconds: invocation.duration)
        if let peak { recent.held(peak) }
        last = Moments(
            requestID: event.requestID, outcome: outcome, isFirst: last == nil, accepted: invocation.accepted,
            delivered: invocation.began, answered: invocation.ended, finished: now,
            told: event.wantsLogTail || !invocation.isAnswered ? now : invocation.ended ?? now)
    }

    /// What was seen since this was last called, by the ARN that was invoked. On the loop.
    func collect() -> [String: InvocationStatistics] {
        guard recent.invocations > 0 else { return [:] }
        defer {
            collected = statistics
            recent = InvocationStatistics()
            others = [:]
        }
        return others.merging([arn: recent]) { $1 }
    }

    /// Nothing more comes. On the loop.
    func merged(as place: Int) { mergedAs = place }

    fileprivate var statistics: InvocationStatistics {
        others.values.reduce(into: collected.merging(recent)) { $0.merge($1) }
    }

    /// Where the time of the last invocation went, and when it was over. On the loop.
    /// - Parameter initialization: in milliseconds.
    /// - Returns: nil if there was none.
    fileprivate func lastTimes(initialization: Double) -> (times: InvocationTimes, finished: ContinuousClock.Instant)? {
        guard let last else { return nil }
        let (delivered, answered) = (last.delivered ?? last.accepted, last.answered ?? last.finished)
        let cold = last.isFirst ? coldStart : nil
        let times = InvocationTimes(
            requestID: last.requestID, outcome: last.outcome,
            failedInitialization: cold.flatMap { cold in cold.again.map { Self.milliseconds(cold.asked, $0) } },
            start: cold.map { DurationSummary.rounded(max(0, $0.waited - initialization)) },
            initialization: cold == nil ? nil : DurationSummary.rounded(initialization),
            delivery: Self.milliseconds(last.accepted, delivered), run: Self.milliseconds(delivered, answered),
            completion: Self.milliseconds(answered, last.finished),
            total: Self.milliseconds(cold?.asked ?? last.accepted, last.told))
        return (times, last.finished)
    }

    private static func milliseconds(_ from: ContinuousClock.Instant, _ to: ContinuousClock.Instant) -> Double {
        DurationSummary.rounded(max(0, Milliseconds.of(from.duration(to: to))))
    }
}

extension EnvironmentObservation.ColdStart {
    /// For the environment that became ready, in milliseconds.
    fileprivate var waited: Double { Milliseconds.of((again ?? asked).duration(to: ready)) }
}

extension ExecutionEnvironment {
    /// An invocation has waited for the environment until now.
    /// - Parameters:
    ///   - asked: since when.
    ///   - again: when its initialisation was tried for the second time, if it was.
    func wasWaitedFor(since asked: ContinuousClock.Instant, again: ContinuousClock.Instant? = nil) {
        let cold = EnvironmentObservation.ColdStart(asked: asked, again: again, ready: .now)
        loop.execute { [observed] in observed.coldStart = cold }
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

import ServiceModel

/// What becomes of an event after a try that failed: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
struct RetryPolicy: Sendable, Hashable {
    /// How often an event is tried again after the function's own errors.
    var attempts: Int
    /// In seconds, from when the event was received.
    var maximumAge: Int

    init(_ record: EventInvokeRecord) {
        attempts = record.maximumRetryAttempts ?? 2
        maximumAge = record.maximumEventAge ?? 21_600
    }

    enum Verdict: Sendable, Hashable {
        case retry(at: Timestamp)
        case discard(DiscardReason)
    }

    /// Whether an event has become too old to be tried.
    func isExpired(_ event: AsyncEvent, at now: Timestamp) -> Bool { now > end(event) }

    /// The function has run and failed.
    func afterError(_ event: AsyncEvent, at now: Timestamp) -> Verdict {
        guard event.invocations <= attempts else { return .discard(.retriesExhausted) }
        return retry(event, at: now.advanced(by: .seconds(event.invocations == 1 ? 60 : 120)))
    }

    /// The function could not be run: it was throttled, or the system failed. Each pause is twice as long as the one before, from one second
    /// to five minutes.
    func afterRefusal(_ event: AsyncEvent, at now: Timestamp) -> Verdict {
        retry(event, at: now.advanced(by: .seconds(min(300, 1 << min(max(event.refusals - 1, 0), 9)))))
    }

    private func retry(_ event: AsyncEvent, at time: Timestamp) -> Verdict {
        time > end(event) ? .discard(.eventAgeExceeded) : .retry(at: time)
    }

    private func end(_ event: AsyncEvent) -> Timestamp { event.received.advanced(by: .seconds(maximumAge)) }
}

/// Why an event was given up: the `condition` of an invocation record.
enum DiscardReason: String, Sendable, Hashable {
    case retriesExhausted = "RetriesExhausted"
    case eventAgeExceeded = "EventAgeExceeded"
    /// The function's reserved concurrency is 0.
    case zeroReservedConcurrency = "ZeroReservedConcurrency"
    /// The function invokes itself, round and round.
    case recursiveInvocation = "RecursiveInvocationDetected"
}

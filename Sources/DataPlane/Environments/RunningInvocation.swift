import Execution
import NIOCore
import ServiceModel

/// The invocation that an environment serves. Confined to the environment's event loop.
final class RunningInvocation: @unchecked Sendable {
    let event: InvocationEvent
    let trace: TraceHeader
    let initDuration: Double?
    let accepted = ContinuousClock.now
    /// When it began, if that was before it had an environment.
    private let started: ContinuousClock.Instant?
    private var done: InvocationDone?
    /// When the event was delivered.
    var began: ContinuousClock.Instant?
    /// When the runtime answered, or the end of its chance to.
    var ended: ContinuousClock.Instant?
    var failure: FunctionFailure?
    /// Whether the platform.runtimeDone of it was told.
    var isToldDone = false
    /// The answer, if the runtime streams it.
    var streamed: StreamedAnswer?
    private var answer: (payload: ByteBuffer, error: String?)?

    init(
        _ event: InvocationEvent, trace: TraceHeader, initDuration: Double?,
        started: ContinuousClock.Instant? = nil, done: @escaping InvocationDone
    ) {
        self.event = event
        self.trace = trace
        self.initDuration = initDuration
        self.started = started
        self.done = done
    }

    var isAnswered: Bool { answer != nil }

    var outcome: InvocationOutcome {
        if let failure { return failure.reportStatus == "timeout" ? .timeout : .error }
        return answer?.error == nil ? .success : .error
    }

    /// What subscribers of telemetry are told when the runtime is done.
    func runtimeDone(_ failure: FunctionFailure?, now: Timestamp) -> TelemetryEvent.RuntimeDone {
        let status = failure.map { $0.reportStatus == "timeout" ? "timeout" : "failure" }
        return TelemetryEvent.RuntimeDone(
            requestID: event.requestID, status: status ?? (answer?.error == nil ? "success" : "error"),
            errorType: failure?.errorType, duration: duration,
            produced: streamed?.produced ?? answer?.payload.readableBytes ?? 0,
            trace: trace.value, spans: spans(now: now))
    }

    private func spans(now: Timestamp) -> [TelemetryEvent.Span] {
        guard let began, let ended, isAnswered || streamed != nil else { return [] }
        let clock = ContinuousClock.now
        let answer = min(streamed?.began ?? ended, ended)
        func span(
            _ name: TelemetryEvent.Span.Name, _ start: ContinuousClock.Instant, _ end: ContinuousClock.Instant
        ) -> TelemetryEvent.Span {
            let ago = Int64(Milliseconds.of(start.duration(to: clock)))
            return TelemetryEvent.Span(
                name, start: Timestamp(milliseconds: now.milliseconds - ago),
                duration: Milliseconds.of(start.duration(to: end)))
        }
        return [span(.responseLatency, began, answer), span(.responseDuration, answer, ended)]
    }

    func answered(payload: ByteBuffer, error: String?) {
        answer = (payload, error)
        ended = .now
    }

    /// In milliseconds, with an initialisation that is part of it.
    var duration: Double {
        guard let began = started ?? began, let ended else { return 0 }
        return Milliseconds.of(began.duration(to: ended))
    }

    /// Tells the caller, once.
    func tell(tail: [UInt8]?) {
        guard let done else { return }
        self.done = nil
        done(.success(result(tail: tail)))
    }

    private func result(tail: [UInt8]?) -> InvocationAnswer {
        if let failure {
            return InvocationAnswer(
                payload: ByteBuffer(bytes: failure.payload(requestID: event.requestID)), functionError: "Unhandled",
                logTail: tail)
        }
        return InvocationAnswer(payload: answer?.payload ?? ByteBuffer(), functionError: answer?.error, logTail: tail)
    }
}

import Execution
import NIOCore

/// The invocation that an environment serves. Confined to the environment's event loop.
final class RunningInvocation: @unchecked Sendable {
    let event: InvocationEvent
    let trace: TraceHeader
    let initDuration: Double?
    let done: @Sendable (InvocationAnswer) -> Void
    /// When the event was delivered.
    var began: ContinuousClock.Instant?
    /// When the runtime answered, or the end of its chance to.
    var ended: ContinuousClock.Instant?
    var failure: FunctionFailure?
    private var answer: (payload: ByteBuffer, error: String?)?

    init(
        _ event: InvocationEvent, trace: TraceHeader, initDuration: Double?,
        done: @escaping @Sendable (InvocationAnswer) -> Void
    ) {
        self.event = event
        self.trace = trace
        self.initDuration = initDuration
        self.done = done
    }

    var isAnswered: Bool { answer != nil }

    func answered(payload: ByteBuffer, error: String?) {
        answer = (payload, error)
        ended = .now
    }

    /// In milliseconds.
    var duration: Double {
        guard let began, let ended else { return 0 }
        return Milliseconds.of(began.duration(to: ended))
    }

    func answer(tail: [UInt8]?) -> InvocationAnswer {
        if let failure {
            return InvocationAnswer(
                payload: ByteBuffer(bytes: failure.payload(requestID: event.requestID)), functionError: "Unhandled",
                logTail: tail)
        }
        return InvocationAnswer(payload: answer?.payload ?? ByteBuffer(), functionError: answer?.error, logTail: tail)
    }
}

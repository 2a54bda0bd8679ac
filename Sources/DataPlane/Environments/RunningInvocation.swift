import Execution
import NIOCore

/// The invocation that an environment serves. Confined to the environment's event loop.
final class RunningInvocation: @unchecked Sendable {
    let request: InvocationRequest
    let trace: TraceHeader
    let initDuration: Double?
    let done: @Sendable (InvocationResult) -> Void
    var timer: Scheduled<Void>?
    /// When the event was delivered.
    var began: ContinuousClock.Instant?
    /// When the runtime answered, or the end of its chance to.
    var ended: ContinuousClock.Instant?
    var failure: FunctionFailure?
    private var answer: (payload: [UInt8], error: String?)?

    init(
        _ request: InvocationRequest, trace: TraceHeader, initDuration: Double?,
        done: @escaping @Sendable (InvocationResult) -> Void
    ) {
        self.request = request
        self.trace = trace
        self.initDuration = initDuration
        self.done = done
    }

    var isAnswered: Bool { answer != nil }

    func answered(payload: [UInt8], error: String?) {
        answer = (payload, error)
        ended = .now
    }

    /// In milliseconds.
    var duration: Double {
        guard let began, let ended else { return 0 }
        return Milliseconds.of(began.duration(to: ended))
    }

    func result(tail: [UInt8]?) -> InvocationResult {
        if let failure {
            return InvocationResult(
                payload: failure.payload(requestID: request.requestID), functionError: "Unhandled", logTail: tail)
        }
        return InvocationResult(payload: answer?.payload ?? [], functionError: answer?.error, logTail: tail)
    }
}

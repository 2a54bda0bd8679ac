import Execution
import NIOCore
import RuntimeAPI

/// An answer that a runtime streams: it goes on to the caller as it comes, or is collected if the caller wants it whole.
///
/// Confined to the environment's event loop.
final class StreamedAnswer: RuntimeAPIStream, @unchecked Sendable {
    private weak var environment: ExecutionEnvironment?
    private weak var invocation: RunningInvocation?
    private let stream: ResponseStream?
    private let resume: () -> Void
    /// When its head came.
    let began = ContinuousClock.now
    /// Bytes of it that came, but for those that were too many.
    private(set) var produced = 0
    private var collected = ByteBuffer()
    private var isTooLarge = false

    init(of invocation: RunningInvocation, in environment: ExecutionEnvironment, resume: @escaping () -> Void) {
        self.invocation = invocation
        self.environment = environment
        self.resume = resume
        stream = invocation.event.stream
    }

    /// The invocation, as long as it is the environment's.
    private var current: (ExecutionEnvironment, RunningInvocation)? {
        guard let environment, let invocation, environment.invocation === invocation else { return nil }
        return (environment, invocation)
    }

    /// The reader has caught up, or left.
    func hasRoom() { resume() }

    // MARK: RuntimeAPIStream

    func write(_ bytes: ByteBuffer) -> Bool {
        guard let (environment, invocation) = current, !isTooLarge else { return true }
        let limit = stream == nil ? InvocationLimits.response : InvocationLimits.streamedResponse
        guard produced + bytes.readableBytes <= limit else {
            isTooLarge = true
            collected = ByteBuffer()
            if let stream { _ = stream.write(Array(bytes.readableBytesView.prefix(limit - produced))) }
            produced = limit
            // What is still to come of it is thrown away, and the runtime told at its end; the caller need not wait for that.
            let failure = stream == nil ? FunctionFailure.responseTooLarge : .streamTooLarge
            environment.answered(
                ByteBuffer(bytes: failure.payload(requestID: invocation.event.requestID)), error: "Unhandled")
            return true
        }
        produced += bytes.readableBytes
        guard let stream else {
            collected.writeImmutableBuffer(bytes)
            return true
        }
        return stream.write(Array(bytes.readableBytesView))
    }

    func end(_ error: StreamedError?) -> RuntimeAPIRefusal? {
        guard let (environment, invocation) = current else { return .invalidRequestID }
        if let refusal = environment.lifecycle.endStream(requestID: invocation.event.requestID) { return refusal }
        if isTooLarge { return stream == nil ? .payloadTooLarge : .streamTooLarge }
        if let error {
            environment.answered(ByteBuffer(bytes: error.payload), error: "Unhandled")
        } else {
            environment.answered(collected, error: nil)
        }
        collected = ByteBuffer()
        return nil
    }

    func truncated() {
        guard let (environment, invocation) = current else { return }
        environment.lifecycle.breakStream(requestID: invocation.event.requestID)
        collected = ByteBuffer()
    }
}

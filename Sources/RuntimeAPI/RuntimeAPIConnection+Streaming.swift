import Execution
import NIOCore

/// Answers that are streamed: `Lambda-Runtime-Function-Response-Mode: streaming`. They are not kept here; a reader that is slow stops
/// this connection from being read, and so the runtime from writing.
extension RuntimeAPIConnection {
    static let responseMode: StaticString = "lambda-runtime-function-response-mode"

    var isStreaming: Bool { arriving != nil }

    /// The head of such an answer has come.
    func beginStream(_ head: Head, requestID: String, contentType: String?) {
        closesAfterAnswer = !head.keepsConnection
        arriving = session.beginStream(requestID: requestID, contentType: contentType) { [weak self] in
            self?.setReading(true)
        }
    }

    func streamArrived(_ bytes: ByteBuffer) {
        // The rest of what was refused is read, and thrown away.
        guard case .opened(let stream) = arriving, !stream.write(bytes) else { return }
        setReading(false)
    }

    func endStream(_ error: StreamedError?) {
        let ended = arriving
        arriving = nil
        switch ended {
        case .opened(let stream): acknowledge(stream.end(error))
        case .refused(let refusal): acknowledge(refusal)
        case nil: break
        }
    }

    /// The connection is gone.
    func breakStream() {
        guard case .opened(let stream) = arriving else { return }
        arriving = nil
        stream.truncated()
    }

    private func setReading(_ isReading: Bool) {
        try? context?.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }
}

import Execution
import NIOCore
import RuntimeAPI

extension ExecutionEnvironment {
    func beginStream(
        requestID: String, contentType: String?, resume: @escaping () -> Void
    ) -> RuntimeAPIStreamOpening {
        if let refusal = lifecycle.beginStream(requestID: requestID) { return .refused(refusal) }
        guard let invocation else { return .refused(.invalidStateTransition) }
        let streamed = StreamedAnswer(of: invocation, in: self, resume: resume)
        invocation.streamed = streamed
        let type = contentType.map(HeaderText.singleLine)
        invocation.event.stream?.begin(contentType: type) { [loop] in
            loop.execute { streamed.hasRoom() }
        }
        return .opened(streamed)
    }

    /// A runtime that asks for the next event without having answered broke its answer off.
    func noteTruncation() {
        guard let invocation, !invocation.isAnswered else { return }
        invocation.failure = .responseTruncated
    }
}

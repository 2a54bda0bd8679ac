import Execution
import NIOCore
import RuntimeAPI

/// What the runtime asks and says. On the loop.
extension ExecutionEnvironment: RuntimeAPISession {
    var extensions: (any ExtensionsAPISession)? { extensionHost }

    func next(_ caller: any RuntimeAPICaller) {
        switch lifecycle.next() {
        case .initialized:
            waiting = caller
            log.telemetry?.add(
                .initRuntimeDone(
                    phase: "init", status: "success", errorType: nil, type: function.initializationType))
            if extensionHost?.isInitialized ?? true { finishInit(.ready) }
        case .completed:
            waiting = caller
            noteTruncation()
            guard extensionHost?.isIdle ?? true else {
                waitsForExtensions = true
                loop.execute { [self, invocation] in
                    drainOutput()
                    if let invocation { tellDone(invocation) }
                }
                return
            }
            completeSoon()
        case .waiting:
            waiting = caller
        case .refused(let refusal):
            // A runtime whose connection broke before it got its event asks again.
            if let pending, case .invoking(pending.requestID) = lifecycle.state {
                self.pending = nil
                return caller.deliver(pending)
            }
            caller.refuse(refusal)
        }
    }

    func respond(requestID: String, body: ByteBuffer) -> RuntimeAPIRefusal? {
        if let refusal = lifecycle.respond(requestID: requestID) { return refusal }
        answered(body, error: nil)
        return nil
    }

    /// The caller has its answer at once, as on AWS; only the end of the log has to wait for the invocation's.
    func answered(_ payload: ByteBuffer, error: String?) {
        guard let invocation else { return }
        invocation.answered(payload: payload, error: error)
        guard !invocation.event.wantsLogTail else { return }
        onAnswered?()
        invocation.tell(tail: nil)
    }

    func respondTooLarge(requestID: String) -> RuntimeAPIRefusal? {
        if let refusal = lifecycle.respond(requestID: requestID) { return refusal }
        answered(
            ByteBuffer(bytes: FunctionFailure.responseTooLarge.payload(requestID: requestID)), error: "Unhandled")
        return nil
    }

    func fail(requestID: String, body: ByteBuffer, errorType: String?) -> RuntimeAPIRefusal? {
        if let refusal = lifecycle.respond(requestID: requestID) { return refusal }
        answered(body, error: "Unhandled")
        return nil
    }

    func failInitialization(body: ByteBuffer, errorType: String?) -> RuntimeAPIRefusal? {
        if let refusal = lifecycle.failInitialization() { return refusal }
        let type = errorType.map(HeaderText.singleLine) ?? "Runtime.Unknown"
        reportedInit = (Array(body.readableBytesView), type)
        finishInit(.failed(payload: Array(body.readableBytesView), errorType: type))
        return nil
    }

    func disconnected(_ caller: any RuntimeAPICaller) {
        if waiting === caller { waiting = nil }
    }
}

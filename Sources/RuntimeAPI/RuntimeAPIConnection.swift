import Execution
import NIOCore

/// One connection of a runtime: what its requests mean, and the answers. Confined to its event loop.
///
/// Runtimes may send an answer and the request for the next event in one write. Then the acknowledgement is not sent by
/// itself: it leaves together with the next event.
final class RuntimeAPIConnection: RuntimeAPICaller {
    /// A request, but for its body.
    struct Head {
        var route = RuntimeAPIRoute.unknown
        var errorType: String?
        var extensions = ExtensionsHeaders()
        var keepsConnection = true
    }

    let session: any RuntimeAPISession
    var context: ChannelHandlerContext?
    /// Answers that have not left yet.
    private var out = ByteBuffer()
    private var waitsForEvent = false
    /// Whether an extension waits on this connection.
    var waitsForExtensionEvent = false
    var closesAfterAnswer = false
    /// The answer that arrives piece by piece.
    var arriving: RuntimeAPIStreamOpening?

    /// Payloads from this size on are not copied behind their heads.
    private static let largePayload = 32 * 1024

    init(session: any RuntimeAPISession) { self.session = session }

    /// A request has come whole; `body` is nil if it was larger than a function's answer may be.
    func take(_ head: Head, body: ByteBuffer?) {
        closesAfterAnswer = !head.keepsConnection
        switch head.route {
        case .next:
            guard !waitsForEvent else { return refuse(.invalidStateTransition) }
            waitsForEvent = true
            session.next(self)
        case .response(let id):
            acknowledge(body.map { session.respond(requestID: id, body: $0) } ?? tooLarge(id))
        case .error(let id):
            acknowledge(
                body.map { session.fail(requestID: id, body: $0, errorType: head.errorType) } ?? tooLarge(id))
        case .initError:
            acknowledge(
                body.map { session.failInitialization(body: $0, errorType: head.errorType) } ?? .payloadTooLarge)
        case .extensions(let route): call(route, head.extensions, body: body)
        case .unknown:
            answer(status: "404 Not Found", body: #"{"errorMessage":"Not Found","errorType":"NotFound"}"#)
        }
    }

    /// The client waits for leave to send its body.
    func sendContinue() {
        out.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        flush()
    }

    /// All that was read is taken.
    func readComplete() {
        if !waitsForEvent { flush() }
    }

    func disconnected() {
        breakStream()
        if waitsForExtensionEvent {
            waitsForExtensionEvent = false
            session.extensions?.disconnected(self)
        }
        guard waitsForEvent else { return }
        waitsForEvent = false
        session.disconnected(self)
    }

    private func tooLarge(_ id: String) -> RuntimeAPIRefusal {
        session.respondTooLarge(requestID: id) ?? .payloadTooLarge
    }

    func acknowledge(_ refusal: RuntimeAPIRefusal?) {
        if let refusal { return answer(status: refusal.statusLine, body: refusal.body) }
        out.writeStaticString(
            "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"status\":\"OK\"}")
        closeIfAsked()
    }

    // MARK: RuntimeAPICaller

    func deliver(_ event: RuntimeEvent) {
        waitsForEvent = false
        let isLarge = event.payload.readableBytes >= Self.largePayload
        out.reserveCapacity(minimumWritableBytes: 512 + (isLarge ? 0 : event.payload.readableBytes))
        out.writeStaticString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: ")
        out.writeString(event.requestID)
        out.writeStaticString("\r\nLambda-Runtime-Deadline-Ms: ")
        out.writeString(String(event.deadline))
        out.writeStaticString("\r\nLambda-Runtime-Invoked-Function-Arn: ")
        out.writeString(event.invokedFunctionARN)
        out.writeStaticString("\r\nLambda-Runtime-Trace-Id: ")
        out.writeString(event.traceID)
        if let clientContext = event.clientContext {
            out.writeStaticString("\r\nLambda-Runtime-Client-Context: ")
            out.writeString(clientContext)
        }
        out.writeStaticString("\r\nContent-Length: ")
        out.writeString(String(event.payload.readableBytes))
        out.writeStaticString("\r\n\r\n")
        if isLarge {
            send()
            context?.write(NIOAny(event.payload), promise: nil)
        } else {
            out.writeImmutableBuffer(event.payload)
        }
        flush()
        closeIfAsked()
    }

    func refuse(_ refusal: RuntimeAPIRefusal) {
        waitsForEvent = false
        answer(status: refusal.statusLine, body: refusal.body)
        flush()
    }

    // MARK: Writing

    private func answer(status: String, body: String) {
        out.writeString(
            "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        closeIfAsked()
    }

    /// An answer as it is, at once.
    func sendNow(_ text: String) {
        out.writeString(text)
        flush()
        closeIfAsked()
    }

    private func send() {
        guard out.readableBytes > 0 else { return }
        context?.write(NIOAny(out), promise: nil)
        out = ByteBuffer()
    }

    private func flush() {
        send()
        context?.flush()
    }

    private func closeIfAsked() {
        guard closesAfterAnswer else { return }
        flush()
        context?.close(promise: nil)
    }
}

extension RuntimeAPIRefusal {
    var statusLine: String {
        switch self {
        case .invalidRequestID: "400 Bad Request"
        case .invalidStateTransition: "403 Forbidden"
        case .payloadTooLarge, .streamTooLarge: "413 Request Entity Too Large"
        }
    }
}

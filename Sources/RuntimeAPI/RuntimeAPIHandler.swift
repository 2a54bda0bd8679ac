import Execution
import NIOCore
import NIOHTTP1

/// One connection of a runtime.
///
/// Runtimes may send an answer and the request for the next event in one write. Then the acknowledgement is not flushed by
/// itself: it leaves together with the next event.
final class RuntimeAPIHandler: ChannelInboundHandler, RuntimeAPICaller {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private let session: any RuntimeAPISession
    private var context: ChannelHandlerContext?
    private var route = RuntimeAPIRoute.unknown
    private var head: HTTPRequestHead?
    private var body: ByteBuffer?
    private var bodyTooLarge = false
    private var waitsForEvent = false
    private var closesAfterAnswer = false
    private var hasUnflushedWrites = false

    init(session: any RuntimeAPISession) { self.session = session }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelInactive(context: ChannelHandlerContext) {
        if waitsForEvent {
            waitsForEvent = false
            session.disconnected(self)
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            route = RuntimeAPIRoute(method: head.method, uri: head.uri)
            closesAfterAnswer = !head.isKeepAlive
            body = nil
            bodyTooLarge = false
            if head.headers.contains(name: "expect") { write("HTTP/1.1 100 Continue\r\n\r\n", flush: true) }
        case .body(var part):
            guard !bodyTooLarge else { return }
            if (body?.readableBytes ?? 0) + part.readableBytes > InvocationLimits.response {
                bodyTooLarge = true
                body = nil
            } else if body == nil {
                body = part
            } else {
                body?.writeBuffer(&part)
            }
        case .end:
            requestComplete()
            head = nil
            body = nil
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if hasUnflushedWrites && !waitsForEvent { flush() }
        context.fireChannelReadComplete()
    }

    private func requestComplete() {
        let body = body ?? ByteBuffer()
        switch route {
        case .next:
            guard !waitsForEvent else { return refuse(.invalidStateTransition) }
            waitsForEvent = true
            session.next(self)
        case .response(let id):
            acknowledge(bodyTooLarge ? tooLarge(id) : session.respond(requestID: id, body: body))
        case .error(let id):
            acknowledge(bodyTooLarge ? tooLarge(id) : session.fail(requestID: id, body: body, errorType: errorType))
        case .initError:
            acknowledge(bodyTooLarge ? .payloadTooLarge : session.failInitialization(body: body, errorType: errorType))
        case .unknown:
            answer(status: "404 Not Found", body: #"{"errorMessage":"Not Found","errorType":"NotFound"}"#)
        }
    }

    private var errorType: String? { head?.headers.first(name: "lambda-runtime-function-error-type") }

    private func tooLarge(_ id: String) -> RuntimeAPIRefusal {
        session.respondTooLarge(requestID: id) ?? .payloadTooLarge
    }

    private func acknowledge(_ refusal: RuntimeAPIRefusal?) {
        guard let refusal else { return answer(status: "202 Accepted", body: #"{"status":"OK"}"#) }
        answer(status: refusal.statusLine, body: refusal.body)
    }

    // MARK: RuntimeAPICaller

    func deliver(_ event: RuntimeEvent) {
        waitsForEvent = false
        guard let context else { return }
        var out = context.channel.allocator.buffer(capacity: 512 + event.payload.readableBytes)
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
        var payload = event.payload
        out.writeBuffer(&payload)
        context.write(wrapOutboundOut(out), promise: nil)
        hasUnflushedWrites = true
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
        write(
            "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)",
            flush: closesAfterAnswer)
        closeIfAsked()
    }

    private func write(_ text: String, flush: Bool) {
        guard let context else { return }
        context.write(wrapOutboundOut(context.channel.allocator.buffer(string: text)), promise: nil)
        hasUnflushedWrites = true
        if flush { self.flush() }
    }

    private func flush() {
        hasUnflushedWrites = false
        context?.flush()
    }

    private func closeIfAsked() {
        if closesAfterAnswer { context?.close(promise: nil) }
    }
}

extension RuntimeAPIRefusal {
    var statusLine: String {
        switch self {
        case .invalidRequestID: "400 Bad Request"
        case .invalidStateTransition: "403 Forbidden"
        case .payloadTooLarge: "413 Request Entity Too Large"
        }
    }
}

import Execution
import NIOCore
import NIOHTTP1

/// Takes a runtime's requests from an HTTP parser.
final class ParsedRequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let connection: RuntimeAPIConnection
    private var head = RuntimeAPIConnection.Head()
    private var body: ByteBuffer? = ByteBuffer()

    init(connection: RuntimeAPIConnection) { self.connection = connection }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = RuntimeAPIConnection.Head(
                route: RuntimeAPIRoute(
                    isGet: head.method == .GET, isPost: head.method == .POST, isPut: head.method == .PUT,
                    target: head.uri.utf8),
                errorType: head.headers.first(name: "lambda-runtime-function-error-type"),
                keepsConnection: head.isKeepAlive)
            for field in ExtensionsHeaders.Field.allCases {
                self.head.extensions[field] = head.headers.first(name: field.text.description)
            }
            body = ByteBuffer()
            if case .response(let id) = self.head.route, Self.isStreamed(head.headers) {
                connection.beginStream(
                    self.head, requestID: id, contentType: head.headers.first(name: "content-type"))
            }
            if head.headers.contains(name: "expect") { connection.sendContinue() }
        case .body(let part) where connection.isStreaming: connection.streamArrived(part)
        case .end(let trailers) where connection.isStreaming:
            connection.endStream(
                StreamedError(
                    type: trailers?.first(name: "lambda-runtime-function-error-type"),
                    encodedBody: trailers?.first(name: "lambda-runtime-function-error-body")))
        case .body(var part):
            if (body?.readableBytes ?? 0) + part.readableBytes > InvocationLimits.response { body = nil }
            body?.writeBuffer(&part)
        case .end:
            let whole = body
            body = ByteBuffer()
            connection.take(head, body: whole)
        }
    }

    private static func isStreamed(_ headers: HTTPHeaders) -> Bool {
        headers.first(name: RuntimeAPIConnection.responseMode.description)?.lowercased() == "streaming"
    }
}

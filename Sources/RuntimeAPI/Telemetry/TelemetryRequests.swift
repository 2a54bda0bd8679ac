import NIOCore
import NIOHTTP1

/// A request per batch; a status of 2xx takes it.
final class TelemetryRequests: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = TelemetryBatch
    typealias OutboundOut = HTTPClientRequestPart

    private let host: String
    private let path: String
    private let method: HTTPMethod
    private var pending: EventLoopPromise<Bool>?
    private var accepted = false
    private var closes = false

    init(host: String, path: String, method: String) {
        self.host = host
        self.path = path
        self.method = HTTPMethod(rawValue: method)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let batch = unwrapOutboundIn(data)
        pending = batch.done
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: path)
        head.headers.add(name: "Host", value: host)
        head.headers.add(name: "Content-Type", value: "application/json")
        head.headers.add(name: "Content-Length", value: String(batch.body.readableBytes))
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(batch.body))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            accepted = (200..<300).contains(head.status.code)
            closes = !head.isKeepAlive
        case .body: break
        case .end:
            // Whoever hears of it may send the next batch: not over a connection that is about to close.
            let promise = pending
            pending = nil
            if closes { context.close(promise: nil) }
            promise?.succeed(accepted)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(false)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
        finish(false)
    }

    private func finish(_ taken: Bool) {
        let promise = pending
        pending = nil
        promise?.succeed(taken)
    }
}

/// A line per event; what the connection took is delivered.
final class TelemetryLines: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = TelemetryBatch
    typealias OutboundOut = ByteBuffer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let batch = unwrapOutboundIn(data)
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        written.futureResult.map { true }.cascade(to: batch.done)
        context.write(wrapOutboundOut(batch.body), promise: written)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

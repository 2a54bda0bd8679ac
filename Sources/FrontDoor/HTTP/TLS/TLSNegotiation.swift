import NIOCore
import NIOTLS

/// Waits for the handshake and starts what the client chose. Handshakes that take too long end the connection.
final class TLSNegotiation: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let timeout: TimeAmount
    private let start: (_ negotiated: String?) throws -> Void
    private var timer: Scheduled<Void>?

    init(timeout: Duration, start: @escaping (_ negotiated: String?) throws -> Void) {
        self.timeout = TimeAmount(timeout)
        self.start = start
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: timeout) { context.value.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let negotiated):
            do { try start(negotiated) } catch { return context.close(promise: nil) }
            // What the client sent in the same flight comes only now.
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        case is DrainEvent, ChannelEvent.inputClosed: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// Mostly a client that does not trust the certificate.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

import NIOCore

/// Looks at a connection's first bytes, puts the handlers of what it speaks behind itself, and leaves: nothing of it stays in the way of
/// the requests.
final class ProtocolDetector: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Decision {
        /// The handlers are there.
        case installed
        /// This is written, and what comes is thrown away for a while, so that the client sees it.
        case refused(ByteBuffer)
        case closed
    }

    private let limits: HTTPLimits
    private let tls: Bool
    private let decide: (OpeningBytes) throws -> Decision
    private var held: ByteBuffer?
    private var isRefusing = false
    private var timer: Scheduled<Void>?

    /// `tls` tells whether handshakes are looked for.
    init(limits: HTTPLimits, tls: Bool, decide: @escaping (OpeningBytes) throws -> Decision) {
        self.limits = limits
        self.tls = tls
        self.decide = decide
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { close(context, after: limits.idleTimeout) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelActive(context: ChannelHandlerContext) {
        close(context, after: limits.idleTimeout)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isRefusing { return }
        var bytes = Self.unwrapInboundIn(data)
        if var held {
            held.writeBuffer(&bytes)
            bytes = held
        }
        let opening = OpeningBytes(bytes.readableBytesView, tls: tls)
        if opening == .undecided {
            if held == nil { close(context, after: limits.headTimeout) }
            held = bytes
            return
        }
        do {
            switch try decide(opening) {
            case .installed:
                context.fireChannelRead(Self.wrapInboundOut(bytes))
                context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            case .refused(let answer):
                isRefusing = true
                close(context, after: limits.lingerTimeout)
                let context = NIOLoopBound(context, eventLoop: context.eventLoop)
                context.value.writeAndFlush(Self.wrapOutboundOut(answer)).whenComplete { _ in
                    context.value.close(mode: .output, promise: nil)
                }
            case .closed: context.close(promise: nil)
            }
        } catch {
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is DrainEvent, ChannelEvent.inputClosed: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func close(_ context: ChannelHandlerContext, after time: Duration) {
        timer?.cancel()
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: TimeAmount(time)) { context.value.close(promise: nil) }
    }
}

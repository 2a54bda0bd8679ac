import NIOCore

/// Times an HTTP/2 connection where its bytes pass: frames and header blocks that do not end, and a client that reads nothing at all. Streams
/// time their own requests and answers.
final class HTTP2Watch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limits: HTTPLimits
    private var tracker = FrameTracker()
    /// Since when the frame that is not whole has been coming, and how many were whole before it.
    private var awaiting: (since: NIODeadline, completed: Int)?
    /// How much was unwritten when the channel was last seen to take something.
    private var stalled: (bytes: Int, since: NIODeadline)?
    private var timer: Scheduled<Void>?

    init(limits: HTTPLimits) { self.limits = limits }

    func handlerAdded(context: ChannelHandlerContext) { update(context) }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        tracker.consume(Self.unwrapInboundIn(data).readableBytesView)
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        update(context)
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stalled = context.channel.isWritable ? nil : (unwritten(context), context.eventLoop.now)
        schedule(context)
        context.fireChannelWritabilityChanged()
    }

    /// There is no half of a connection in HTTP/2: who ends its side wants nothing more.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    private func update(_ context: ChannelHandlerContext) {
        if !tracker.isAwaiting {
            awaiting = nil
        } else if awaiting?.completed != tracker.completed {
            awaiting = (context.eventLoop.now, tracker.completed)
        }
        schedule(context)
    }

    private func schedule(_ context: ChannelHandlerContext) {
        guard timer == nil, let due = due else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: due) {
            let (me, context) = bound.value
            me.timerFired(context)
        }
    }

    private var due: NIODeadline? {
        let frame = awaiting.map { $0.since + TimeAmount(limits.headTimeout) }
        let write = stalled.map { $0.since + TimeAmount(limits.writeTimeout) }
        return [frame, write].compactMap { $0 }.min()
    }

    private func timerFired(_ context: ChannelHandlerContext) {
        timer = nil
        let now = context.eventLoop.now
        if let awaiting, awaiting.since + TimeAmount(limits.headTimeout) <= now { return context.close(promise: nil) }
        if let stalled, stalled.since + TimeAmount(limits.writeTimeout) <= now {
            let left = unwritten(context)
            if left >= stalled.bytes { return context.close(promise: nil) }
            self.stalled = (left, now)
        }
        schedule(context)
    }

    private func unwritten(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}

import NIOCore
import NIOHTTP2

/// What concerns an HTTP/2 connection as a whole: it ends when it is idle for long, when the server shuts down and its last stream is done,
/// and when the client breaks the protocol.
final class HTTP2ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// Tells the handler of streams.
    struct Delegate: NIOHTTP2StreamDelegate {
        private let handler: NIOLoopBound<HTTP2ConnectionHandler>

        init(_ handler: HTTP2ConnectionHandler, eventLoop: any EventLoop) {
            self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
        }

        func streamCreated(_ id: HTTP2StreamID, channel: any Channel) { handler.value.streamCreated(id) }

        func streamClosed(_ id: HTTP2StreamID, channel: any Channel) { handler.value.streamClosed() }
    }

    private let limits: HTTPLimits
    private var context: ChannelHandlerContext?
    private var open = 0
    private var latest = HTTP2StreamID.rootStream
    private var idleSince = NIODeadline.now()
    private var isDraining = false
    private var timer: Scheduled<Void>?

    init(limits: HTTPLimits) { self.limits = limits }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        idleSince = context.eventLoop.now
        schedule()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    /// Frames of the connection itself; the library has done with them what there is to do.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .goAway = Self.unwrapInboundIn(data).payload {
            isDraining = true
            if open == 0 { closeSoon() }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is DrainEvent else { return context.fireUserInboundEventTriggered(event) }
        sayGoAway()
        if open == 0 { closeSoon() }
    }

    /// After an error of the connection the library has said GOAWAY; closing is ours.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isOfOneRequest(error) { return }
        if error is NIOHTTP2Errors.MaxStreamsViolation {
            // What runs was allowed, and is finished.
            isDraining = true
            if open > 0 { return }
        }
        context.close(promise: nil)
    }

    /// Errors that have ended a stream and are nothing to the others. They come without that stream's number: a request whose head is against
    /// the rules, a body of another length than announced, or one that came after our GOAWAY.
    private func isOfOneRequest(_ error: any Error) -> Bool {
        switch error {
        case is NIOHTTP2Errors.StreamError, is NIOHTTP2Errors.CreatedStreamAfterGoaway,
            is NIOHTTP2Errors.ForbiddenHeaderField,
            is NIOHTTP2Errors.InvalidHTTP2HeaderFieldName, is NIOHTTP2Errors.InvalidHTTP2HeaderFieldValue,
            is NIOHTTP2Errors.MissingPseudoHeader, is NIOHTTP2Errors.DuplicatePseudoHeader,
            is NIOHTTP2Errors.PseudoHeaderAfterRegularHeader, is NIOHTTP2Errors.UnknownPseudoHeader,
            is NIOHTTP2Errors.UnsupportedPseudoHeader, is NIOHTTP2Errors.InvalidPseudoHeaders,
            is NIOHTTP2Errors.InvalidPseudoHeaderValue, is NIOHTTP2Errors.EmptyPathHeader,
            is NIOHTTP2Errors.ContentLengthViolated, is NIOHTTP2Errors.ContentLengthHeadersMismatch,
            is NIOHTTP2Errors.ContentLengthHeaderNegative, is NIOHTTP2Errors.ContentLengthHeaderMalformedValue,
            is NIOHTTP2Errors.TrailersWithoutEndStream:
            true
        // The library's word for a stream that came after our GOAWAY, and for one that cannot be.
        case is NIOHTTP2Errors.NoSuchStream: isDraining
        default: false
        }
    }

    private func streamCreated(_ id: HTTP2StreamID) {
        open += 1
        latest = max(latest, id)
    }

    private func streamClosed() {
        open -= 1
        guard open == 0, let context else { return }
        idleSince = context.eventLoop.now
        if isDraining { closeSoon() }
    }

    /// What runs is finished; what comes after may be tried again elsewhere.
    private func sayGoAway() {
        guard !isDraining, let context else { return }
        isDraining = true
        let frame = HTTP2Frame(
            streamID: .rootStream, payload: .goAway(lastStreamID: latest, errorCode: .noError, opaqueData: nil))
        context.writeAndFlush(Self.wrapOutboundOut(frame), promise: nil)
    }

    /// Not at once: the last frames of a stream may be written but not flushed.
    private func closeSoon() {
        guard let context else { return }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.close(promise: nil) }
    }

    /// Left alone while streams come and go: it looks again when it fires.
    private func schedule() {
        guard let context else { return }
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: idleSince + TimeAmount(limits.idleTimeout)) {
            me.value.timerFired()
        }
    }

    private func timerFired() {
        guard let context else { return }
        if open > 0 {
            idleSince = context.eventLoop.now
        } else if idleSince + TimeAmount(limits.idleTimeout) <= context.eventLoop.now {
            sayGoAway()
            return closeSoon()
        }
        schedule()
    }
}

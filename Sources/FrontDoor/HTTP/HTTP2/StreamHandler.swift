import NIOCore
import NIOHPACK
import NIOHTTP2

/// One HTTP/2 stream, which is one request and its answer: what ``ConnectionHandler`` is to a request of HTTP/1.1, with the same limits, the
/// same responder and the same state request.machine.
///
/// Lives on its channel's event loop, where everything here is called.
final class StreamHandler<R: Responder>: ChannelDuplexHandler, ExchangeSink {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundIn = Never
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// Streams have one exchange each.
    static var number: UInt64 { 1 }

    let responder: R
    var request: RequestInHand
    var context: ChannelHandlerContext?

    private var info = ConnectionInfo()
    /// Frames are left with the library, and with the client, while the body's reader has enough.
    private var readHeld = false
    private var ticket: R.Ticket?
    /// Pieces of the answer that the kernel has not taken, and since when it took none.
    var unwritten = 0
    var stalledSince: LoopInstant?

    init(responder: R, limits: HTTPLimits, budget: BodyBudget, isSecure: Bool, now: NIODeadline) {
        self.responder = responder
        info.isSecure = isSecure
        request = RequestInHand(limits: limits, budget: budget, now: now)
    }

    var now: LoopInstant { LoopInstant(deadline: context?.eventLoop.now ?? .now()) }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        info.localAddress = context.channel.localAddress
        info.remoteAddress = context.channel.remoteAddress
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// The stream is over: answered, reset, or lost with its connection.
    func channelInactive(context: ChannelHandlerContext) {
        request.ended()
        abandon()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .headers(let frame):
            // Those after a body are trailers: nothing reads them.
            if request.head == nil, request.machine.headArrived() == .admit {
                admit(frame.headers, endsHere: frame.endStream)
            }
            if frame.endStream { requestEnded() }
        case .data(let frame):
            if case .byteBuffer(let bytes) = frame.data { go(on: request.arrived(bytes, now: now)) }
            if frame.endStream { requestEnded() }
        default: break
        }
    }

    func read(context: ChannelHandlerContext) {
        if case .feeding(_, isHeld: true) = request.machine.state {
            readHeld = true
        } else {
            context.read()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        updateTimer()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { request.takeWriter()?.resume() }
        context.fireChannelWritabilityChanged()
    }

    /// The library ends the stream, or the connection: ``channelInactive(context:)`` follows.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    // MARK: Requests

    private func admit(_ fields: HPACKHeaders, endsHere: Bool) {
        request.begin(isHead: fields.first(name: ":method") == "HEAD")
        let head: RequestHead
        do throws(HeadError) {
            head = try RequestHead(fields, endsHere: endsHere, limits: request.limits)
        } catch {
            return refuse(.head(error))
        }
        request.arrived(head)
        switch responder.admit(head, on: info) {
        case .refuse(let response): refuse(with: response)
        case .accept(let ticket, let limit):
            self.ticket = ticket
            go(on: request.admitted(head, limit: limit, keepAlive: false, now: now))
        case .stream(let ticket, let limit):
            self.ticket = ticket
            runFeeding(head, ticket, limit: limit)
        }
    }

    private func go(on step: RequestInHand.Step) {
        switch step {
        case .none: break
        case .sendContinue: writeInterim()
        case .refuse(let reason): refuse(reason)
        case .close: reset(.noError)
        // Frames stay with the library: see ``read(context:)``.
        case .hold: break
        }
    }

    private func requestEnded() {
        switch request.machine.endArrived() {
        case .run: run()
        case .fed: request.fed()
        // Of a refused request everything has come, and its answer is on its way.
        case .close, .ignore: break
        }
    }

    private func run() {
        guard let ticket, let whole = request.take() else { return reset(.internalError) }
        run(whole, ticket)
    }

    private func run(_ incoming: IncomingRequest, _ ticket: R.Ticket) {
        guard let context else { return reset(.internalError) }
        let exchange = Exchange(
            eventLoop: context.eventLoop, sink: NIOLoopBound(self, eventLoop: context.eventLoop), number: Self.number)
        let cancel = responder.answer(incoming, ticket, to: exchange)
        // It may have been answered already.
        if !request.machine.isAnswered { request.cancel = cancel }
    }

    private func runFeeding(_ head: RequestHead, _ ticket: R.Ticket, limit: Int) {
        guard let context else { return reset(.internalError) }
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        let stream = BodyStream(eventLoop: context.eventLoop) { me.value.bodyWanted() }
        let step = request.admitted(head, into: stream, limit: limit, keepAlive: false, now: now)
        guard case .none = step else { return go(on: step) }
        run(IncomingRequest(head: head, stream: stream), ticket)
    }

    private func bodyWanted() {
        go(on: request.bodyWanted(now: now))
        if readHeld {
            readHeld = false
            context?.read()
        }
        updateTimer()
    }

    // MARK: Refusals

    func refuse(_ reason: RefusalReason) {
        if case .feeding = request.machine.state { abandon() }
        refuse(with: responder.refusal(reason, request.head, ticket))
    }

    /// What still comes of the request is thrown away within bounds: clients that are busy sending see the answer only then.
    private func refuse(with response: HTTPResponse) {
        guard request.machine.refused(now: now) == .writeAndDiscard else { return }
        request.forgetBody()
        write(response)
        updateTimer()
    }

    // MARK: Ends

    /// Cancels what runs, and wakes whoever waits to write.
    func abandon() {
        let waiting = request.abandon()
        waiting.cancel?()
        waiting.writer?.resume(throwing: ExchangeClosed())
    }

    func reset(_ code: HTTP2ErrorCode) {
        request.machine.ended()
        context?.writeAndFlush(Self.wrapOutboundOut(.rstStream(code)), promise: nil)
    }
}

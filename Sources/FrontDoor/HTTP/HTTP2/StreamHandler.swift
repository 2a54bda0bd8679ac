import NIOCore
import NIOHPACK
import NIOHTTP2

/// One HTTP/2 stream, which is one request and its answer: what ``ConnectionHandler`` is to a request of HTTP/1.1, with the same limits, the
/// same responder and the same state machine.
///
/// Lives on its channel's event loop, where everything here is called.
final class StreamHandler<R: Responder>: ChannelInboundHandler, ExchangeSink {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// Streams have one exchange each.
    static var number: UInt64 { 1 }

    let responder: R
    let budget: BodyBudget
    let limits: HTTPLimits
    var machine: ConnectionStateMachine<LoopInstant>
    var context: ChannelHandlerContext?

    private var info = ConnectionInfo()
    private var head: RequestHead?
    private var ticket: R.Ticket?
    private var body: [UInt8] = []
    private var budgeted = 0
    var cancel: (@Sendable () -> Void)?

    // The answer that is written.
    var isHead = false
    var writer: CheckedContinuation<Void, any Error>?
    /// Pieces of the answer that the kernel has not taken, and since when it took none.
    var unwritten = 0
    var stalledSince: LoopInstant?

    var timer: Scheduled<Void>?
    var timerDue: LoopInstant?

    init(responder: R, limits: HTTPLimits, budget: BodyBudget, isSecure: Bool, now: NIODeadline) {
        self.responder = responder
        self.limits = limits
        self.budget = budget
        info.isSecure = isSecure
        machine = ConnectionStateMachine(limits: limits, now: LoopInstant(deadline: now))
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
        machine.ended()
        timer?.cancel()
        timer = nil
        forgetBody()
        abandon()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .headers(let frame):
            // Those after a body are trailers: nothing reads them.
            if head == nil, machine.headArrived() == .admit { admit(frame.headers, endsHere: frame.endStream) }
            if frame.endStream { requestEnded() }
        case .data(let frame):
            if case .byteBuffer(let bytes) = frame.data { bodyArrived(bytes) }
            if frame.endStream { requestEnded() }
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        updateTimer()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { resumeWriter() }
        context.fireChannelWritabilityChanged()
    }

    /// The library ends the stream, or the connection: ``channelInactive(context:)`` follows.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    // MARK: Requests

    private func admit(_ fields: HPACKHeaders, endsHere: Bool) {
        isHead = fields.first(name: ":method") == "HEAD"
        let head: RequestHead
        do throws(HeadError) {
            head = try RequestHead(fields, endsHere: endsHere, limits: limits)
        } catch {
            return refuse(.head(error))
        }
        self.head = head
        switch responder.admit(head, on: info) {
        case .refuse(let response): refuse(with: response)
        case .accept(let ticket, let limit):
            self.ticket = ticket
            if case .length(let length) = head.framing, length > limit { return refuse(.bodyTooLarge(limit: limit)) }
            let action = machine.admitted(
                keepAlive: false, expectsContinue: head.expectsContinue && head.framing != .none, limit: limit, now: now
            )
            if action == .sendContinue { writeInterim() }
        }
    }

    private func bodyArrived(_ bytes: ByteBuffer) {
        switch machine.bodyArrived(bytes.readableBytes, now: now) {
        case .keep: keep(bytes)
        case .discard: break
        case .refuse: refuse(.bodyTooLarge(limit: bodyLimit))
        case .close: reset(.noError)
        }
    }

    private func requestEnded() {
        switch machine.endArrived() {
        case .run: run()
        // Of a refused request everything has come, and its answer is on its way.
        case .close, .ignore: break
        }
    }

    private var bodyLimit: Int {
        if case .readingBody(let body) = machine.state { body.limit } else { limits.body }
    }

    private func keep(_ bytes: ByteBuffer) {
        guard budget.take(bytes.readableBytes) else { return refuse(.overloaded) }
        budgeted += bytes.readableBytes
        if body.isEmpty, case .length(let length) = head?.framing { body.reserveCapacity(length) }
        body.append(contentsOf: bytes.readableBytesView)
    }

    func forgetBody() {
        body = []
        budget.giveBack(budgeted)
        budgeted = 0
    }

    private func run() {
        guard let context, let head, let ticket else { return reset(.internalError) }
        let request = IncomingRequest(head: head, body: body)
        body = []
        let exchange = Exchange(
            eventLoop: context.eventLoop, sink: NIOLoopBound(self, eventLoop: context.eventLoop), number: Self.number)
        let cancel = responder.answer(request, ticket, to: exchange)
        // It may have been answered already.
        switch machine.state {
        case .running, .streaming: self.cancel = cancel
        default: break
        }
    }

    // MARK: Refusals

    func refuse(_ reason: RefusalReason) { refuse(with: responder.refusal(reason, head, ticket)) }

    /// What still comes of the request is thrown away within bounds: clients that are busy sending see the answer only then.
    private func refuse(with response: HTTPResponse) {
        guard machine.refused(now: now) == .writeAndDiscard else { return }
        forgetBody()
        write(response)
        updateTimer()
    }

    // MARK: Ends

    /// Cancels what runs, and wakes whoever waits to write.
    func abandon() {
        let cancel = cancel
        self.cancel = nil
        cancel?()
        if let writer {
            self.writer = nil
            writer.resume(throwing: ExchangeClosed())
        }
    }

    func reset(_ code: HTTP2ErrorCode) {
        machine.ended()
        context?.writeAndFlush(Self.wrapOutboundOut(.rstStream(code)), promise: nil)
    }
}

import NIOCore
import NIOHTTP1

/// One HTTP/1.1 connection: turns parsed pieces into requests, hands them to the responder one after another, and writes the
/// answers. What to do when is decided by ``ConnectionStateMachine``.
///
/// Lives on its channel's event loop, where everything here is called.
final class ConnectionHandler<R: Responder>: ChannelDuplexHandler, ExchangeSink {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    let responder: R
    let budget: BodyBudget
    let limits: HTTPLimits
    var machine: ConnectionStateMachine<LoopInstant>
    var context: ChannelHandlerContext?
    /// Pieces of requests that have to wait for the answer before them.
    private var waiting = CircularBuffer<HTTPServerRequestPart>()
    private var readHeld = false
    private var pumping = false
    private var inputHasEnded = false

    // The request that arrives or runs.
    private var info = ConnectionInfo()
    private var head: RequestHead?
    private var ticket: R.Ticket?
    /// The answer of a refused request that has no body: it waits for the end of the request only.
    private var early: HTTPResponse?
    private var body: [UInt8] = []
    private var budgeted = 0
    private(set) var number: UInt64 = 0
    var cancel: (@Sendable () -> Void)?

    // The answer that is written.
    var isHead = false
    var isHTTP10 = false
    var writer: CheckedContinuation<Void, any Error>?
    /// Answers that the kernel has not taken whole.
    var unwritten = 0
    /// How much was unwritten when it was last seen to shrink.
    var stalled: (bytes: Int, since: LoopInstant)?

    var timer: Scheduled<Void>?
    var timerDue: LoopInstant?

    init(responder: R, limits: HTTPLimits, budget: BodyBudget, isSecure: Bool = false, now: NIODeadline) {
        self.responder = responder
        info.isSecure = isSecure
        self.limits = limits
        self.budget = budget
        machine = ConnectionStateMachine(limits: limits, now: LoopInstant(deadline: now))
    }

    var now: LoopInstant { LoopInstant(deadline: context?.eventLoop.now ?? .now()) }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { channelActive(context: context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        info.localAddress = context.localAddress
        info.remoteAddress = context.remoteAddress
        updateTimer()
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        machine.ended()
        timer?.cancel()
        timer = nil
        waiting.removeAll()
        forgetBody()
        abandon()
        context.fireChannelInactive()
    }

    /// Called by the ``RequestIntake``, before the bytes are parsed: a head that trickles in is seen only there.
    func bytesArrived(_ now: NIODeadline) { machine.bytesArrived(now: LoopInstant(deadline: now)) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        waiting.append(Self.unwrapInboundIn(data))
        pump()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        updateTimer()
        context.fireChannelReadComplete()
    }

    /// Reading stops while pieces wait, which they do while a request runs: the kernel's buffer fills, and the client has to wait too.
    func read(context: ChannelHandlerContext) {
        if waiting.isEmpty && context.channel.isWritable {
            context.read()
        } else {
            readHeld = true
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            inputHasEnded = true
            pump()
        case is DrainEvent:
            if machine.drain() == .close { close() }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            resumeWriter()
            pump()
            releaseRead()
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case HTTPParserError.headerOverflow: refuse(.head(.headTooLarge))
        case is ByteToMessageDecoderError: refuse(.head(.headTooLarge))
        case HTTPParserError.invalidEOFState: if machine.takesParts { close() }
        case let error as HTTPParserError: refuse(.head(.malformed(error.reason)))
        default: close()
        }
    }

    // MARK: Requests

    /// Takes what waits, as far as it may be taken now.
    func pump() {
        if pumping { return }
        pumping = true
        defer { pumping = false }
        while machine.takesParts, let context, context.channel.isWritable, let part = waiting.popFirst() {
            take(part)
        }
        if case .closed = machine.state { waiting.removeAll() }
        if inputHasEnded, !machine.inputClosed, waiting.isEmpty { inputEnded() }
    }

    func releaseRead() {
        guard readHeld, machine.takesParts, waiting.isEmpty, let context, context.channel.isWritable else { return }
        readHeld = false
        context.read()
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): if machine.headArrived() == .admit { admit(head) }
        case .body(let bytes):
            switch machine.bodyArrived(bytes.readableBytes, now: now) {
            case .keep: keep(bytes)
            case .discard: break
            case .refuse: refuse(.bodyTooLarge(limit: bodyLimit))
            case .close: close()
            }
        case .end:
            switch machine.endArrived() {
            case .run: run()
            case .ignore: break
            case .close: close()
            }
        }
    }

    private var bodyLimit: Int {
        if case .readingBody(let body) = machine.state { body.limit } else { limits.body }
    }

    private func admit(_ raw: HTTPRequestHead) {
        head = nil
        ticket = nil
        early = nil
        isHead = raw.method == .HEAD
        isHTTP10 = raw.version == .http1_0
        let head: RequestHead
        do {
            guard raw.uri.utf8.count <= limits.requestLine else { throw HeadError.headTooLarge }
            head = try RequestHead(raw)
        } catch {
            return refuse(.head(error as? HeadError ?? .malformed("\(error)")))
        }
        self.head = head
        switch responder.admit(head, on: info) {
        case .refuse(let response): refuse(with: response, hasBody: head.framing != .none, keepAlive: head.keepAlive)
        case .accept(let ticket, let limit):
            self.ticket = ticket
            if case .length(let length) = head.framing, length > limit { return refuse(.bodyTooLarge(limit: limit)) }
            let action = machine.admitted(
                keepAlive: head.keepAlive, expectsContinue: head.expectsContinue && head.framing != .none, limit: limit,
                now: now)
            if action == .sendContinue, let context {
                context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: ResponseWriter.interim)), promise: nil)
            }
        }
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
        number &+= 1
        if let early { return finish(early, number: number) }
        guard let context, let head, let ticket else { return close() }
        let request = IncomingRequest(head: head, body: body)
        body = []
        let exchange = Exchange(
            eventLoop: context.eventLoop, sink: NIOLoopBound(self, eventLoop: context.eventLoop), number: number)
        let running = number
        let cancel = responder.answer(request, ticket, to: exchange)
        // It may have been answered already.
        if running == number, !machine.takesParts { self.cancel = cancel }
    }

    // MARK: Whole requests

    /// Whether a request that did not pass through the parser can be begun.
    var isAtRest: Bool {
        guard machine.isAtRest, waiting.isEmpty, !inputHasEnded, let context else { return false }
        return context.channel.isWritable
    }

    /// The number of the next request.
    var nextNumber: UInt64 { number &+ 1 }

    /// A request has begun that did not pass through the parser; its answer comes through ``finish(number:payload:head:)``.
    func beganWhole() {
        number &+= 1
        (isHead, isHTTP10) = (false, false)
        (head, ticket, early) = (nil, nil, nil)
        machine.wholeArrived()
    }

    // MARK: Refusals

    func refuse(_ reason: RefusalReason) {
        switch machine.state {
        case .idle, .readingHead, .readingBody:
            refuse(with: responder.refusal(reason, head, ticket), hasBody: true, keepAlive: false)
        case .running, .streaming:
            // The client broke the protocol behind a good request: that one is still answered, and is the last.
            waiting.removeAll()
            _ = machine.drain()
        case .discarding, .closed: close()
        }
    }

    private func refuse(with response: HTTPResponse, hasBody: Bool, keepAlive: Bool) {
        if !hasBody, keepAlive {
            // Nothing is left to come: an ordinary answer.
            early = response
            _ = machine.admitted(keepAlive: true, expectsContinue: false, limit: 0, now: now)
            return
        }
        guard machine.refused(now: now) == .writeAndDiscard else { return }
        forgetBody()
        write(response, then: .shutOutput)
        updateTimer()
    }

    // MARK: Ends

    private func inputEnded() {
        switch machine.inputEnded(now: now) {
        case .none: updateTimer()
        case .close, .cancelAndClose:
            abandon()
            close()
        }
    }

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

    func close() {
        machine.ended()
        waiting.removeAll()
        context?.close(promise: nil)
    }
}

/// Asks a connection to finish what it does and end.
struct DrainEvent: Sendable {}

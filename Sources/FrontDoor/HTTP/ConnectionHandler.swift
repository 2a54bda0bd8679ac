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
    var request: RequestInHand
    var context: ChannelHandlerContext?
    /// Pieces of requests that have to wait for the answer before them.
    private var waiting = CircularBuffer<HTTPServerRequestPart>()
    private var readHeld = false
    private var pumping = false
    private var inputHasEnded = false

    // The request that arrives or runs.
    private var info = ConnectionInfo()
    private var ticket: R.Ticket?
    /// The answer of a refused request that has no body: it waits for the end of the request only.
    private var early: HTTPResponse?
    private(set) var number: UInt64 = 0
    /// As much as can be told of a head that is refused.
    private var salvage: RequestHead?

    // The answer that is written.
    var isHTTP10 = false
    /// Answers that the kernel has not taken whole.
    var unwritten = 0
    /// How much was unwritten when it was last seen to shrink.
    var stalled: (bytes: Int, since: LoopInstant)?

    init(responder: R, limits: HTTPLimits, budget: BodyBudget, isSecure: Bool = false, now: NIODeadline) {
        self.responder = responder
        info.isSecure = isSecure
        request = RequestInHand(limits: limits, budget: budget, now: now)
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
        request.ended()
        waiting.removeAll()
        abandon()
        context.fireChannelInactive()
    }

    /// Called by the ``RequestIntake``, before the bytes are parsed: a head that trickles in is seen only there.
    func bytesArrived(_ now: NIODeadline) { request.machine.bytesArrived(now: LoopInstant(deadline: now)) }

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
            if request.machine.drain() == .close { close() }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            request.takeWriter()?.resume()
            pump()
            releaseRead()
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case HTTPParserError.headerOverflow: refuse(.head(.headTooLarge))
        case is ByteToMessageDecoderError: refuse(.head(.headTooLarge))
        case HTTPParserError.invalidEOFState: if request.machine.takesParts { close() }
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
        while request.machine.takesParts, let context, context.channel.isWritable, let part = waiting.popFirst() {
            take(part)
        }
        if case .closed = request.machine.state { waiting.removeAll() }
        if inputHasEnded, !request.machine.inputClosed, waiting.isEmpty { inputEnded() }
    }

    func releaseRead() {
        guard readHeld, request.machine.takesParts, waiting.isEmpty, let context, context.channel.isWritable else {
            return
        }
        readHeld = false
        context.read()
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): if request.machine.headArrived() == .admit { admit(head) }
        case .body(let bytes):
            go(on: request.arrived(bytes, now: now))
        case .end:
            switch request.machine.endArrived() {
            case .run: run()
            case .fed: request.fed()
            case .ignore: break
            case .close: close()
            }
        }
    }

    private func go(on step: RequestInHand.Step) {
        switch step {
        case .none: break
        case .sendContinue:
            context?.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: ResponseWriter.interim)), promise: nil)
        case .refuse(let reason): refuse(reason)
        case .close: close()
        // The machine takes nothing more, and so neither does ``pump()``.
        case .hold: break
        }
    }

    private func admit(_ raw: HTTPRequestHead) {
        ticket = nil
        early = nil
        request.begin(isHead: raw.method == .HEAD)
        isHTTP10 = raw.version == .http1_0
        let head: RequestHead
        do {
            guard raw.uri.utf8.count <= request.limits.requestLine else { throw HeadError.headTooLarge }
            head = try RequestHead(raw)
        } catch {
            salvage = RequestHead(salvaging: raw)
            return refuse(.head(error as? HeadError ?? .malformed("\(error)")))
        }
        request.arrived(head)
        // AWS asks for empty bodies too; botocore takes a connection on which it was not asked for one that is to be closed.
        if head.expectsContinue, head.framing == .none { go(on: .sendContinue) }
        switch responder.admit(head, on: info) {
        case .refuse(let response): refuse(with: response, hasBody: head.framing != .none, keepAlive: head.keepAlive)
        case .accept(let ticket, let limit):
            self.ticket = ticket
            go(on: request.admitted(head, limit: limit, keepAlive: head.keepAlive, now: now))
        case .stream(let ticket, let limit):
            self.ticket = ticket
            runFeeding(head, ticket, limit: limit)
        }
    }

    private func run() {
        number &+= 1
        if let early { return finish(early, number: number) }
        guard let ticket, let whole = request.take() else { return close() }
        run(whole, ticket)
    }

    private func run(_ incoming: IncomingRequest, _ ticket: R.Ticket) {
        guard let context else { return close() }
        let exchange = Exchange(
            eventLoop: context.eventLoop, sink: NIOLoopBound(self, eventLoop: context.eventLoop), number: number)
        let running = number
        let cancel = responder.answer(incoming, ticket, to: exchange)
        // It may have been answered already.
        if running == number, !request.machine.isAnswered { request.cancel = cancel }
    }

    private func runFeeding(_ head: RequestHead, _ ticket: R.Ticket, limit: Int) {
        guard let context else { return close() }
        number &+= 1
        let me = NIOLoopBound((handler: self, number: number), eventLoop: context.eventLoop)
        let stream = BodyStream(eventLoop: context.eventLoop) {
            if me.value.number == me.value.handler.number { me.value.handler.bodyWanted() }
        }
        let step = request.admitted(head, into: stream, limit: limit, keepAlive: head.keepAlive, now: now)
        guard case .none = step else { return go(on: step) }
        run(IncomingRequest(head: head, stream: stream), ticket)
    }

    private func bodyWanted() {
        go(on: request.bodyWanted(now: now))
        pump()
        releaseRead()
        updateTimer()
    }

    // MARK: Whole requests

    /// Whether a request that did not pass through the parser can be begun.
    var isAtRest: Bool {
        guard request.machine.isAtRest, waiting.isEmpty, !inputHasEnded, let context else { return false }
        return context.channel.isWritable
    }

    /// The number of the next request.
    var nextNumber: UInt64 { number &+ 1 }

    /// A request has begun that did not pass through the parser; its answer comes through ``finish(number:payload:head:)``.
    func beganWhole() {
        number &+= 1
        request.begin(isHead: false)
        isHTTP10 = false
        (ticket, early) = (nil, nil)
        request.machine.wholeArrived()
    }

    // MARK: Refusals

    func refuse(_ reason: RefusalReason) {
        switch request.machine.state {
        case .idle, .readingHead:
            var known = (request.head, self.ticket)
            if case .head = reason { known = salvaged }
            refuse(with: responder.refusal(reason, known.0, known.1), hasBody: true, keepAlive: false)
        case .readingBody:
            refuse(with: responder.refusal(reason, request.head, ticket), hasBody: true, keepAlive: false)
        case .feeding:
            abandon()
            refuse(with: responder.refusal(reason, request.head, ticket), hasBody: true, keepAlive: false)
        case .running, .streaming:
            // The client broke the protocol behind a good request: that one is still answered, and is the last.
            waiting.removeAll()
            _ = request.machine.drain()
        case .discarding, .closed: close()
        }
    }

    /// Called by the decoder, before the error comes.
    func undecodable(_ bytes: ByteBuffer) {
        switch request.machine.state {
        case .idle, .readingHead: salvage = RequestHead(salvaging: bytes)
        default: break
        }
    }

    /// In whose words a head is refused: what it asks for tells the protocol.
    private var salvaged: (RequestHead?, R.Ticket?) {
        guard let head = salvage else { return (nil, nil) }
        switch responder.admit(head, on: info) {
        case .accept(let ticket, _), .stream(let ticket, _): return (head, ticket)
        case .refuse: return (head, nil)
        }
    }

    private func refuse(with response: HTTPResponse, hasBody: Bool, keepAlive: Bool) {
        if !hasBody, keepAlive {
            // Nothing is left to come: an ordinary answer.
            early = response
            _ = request.machine.admitted(keepAlive: true, expectsContinue: false, limit: 0, now: now)
            return
        }
        guard request.machine.refused(now: now) == .writeAndDiscard else { return }
        request.forgetBody()
        write(response, then: .shutOutput)
        updateTimer()
    }

    // MARK: Ends

    private func inputEnded() {
        switch request.machine.inputEnded(now: now) {
        case .none: updateTimer()
        case .close, .cancelAndClose:
            abandon()
            close()
        }
    }

    /// Cancels what runs, and wakes whoever waits to write.
    func abandon() {
        let waiting = request.abandon()
        waiting.cancel?()
        waiting.writer?.resume(throwing: ExchangeClosed())
    }

    func close() {
        request.machine.ended()
        waiting.removeAll()
        context?.close(promise: nil)
    }
}

/// Asks a connection to finish what it does and end.
struct DrainEvent: Sendable {}

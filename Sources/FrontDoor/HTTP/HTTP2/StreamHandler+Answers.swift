import NIOCore
import NIOHPACK
import NIOHTTP2

extension StreamHandler {
    /// How much of an answer is one write, and so what a slow reader has to take within ``HTTPLimits/writeTimeout``.
    private static var piece: Int { 64 * 1024 }

    func finish(_ response: HTTPResponse, number: UInt64) {
        if case .drop = request.machine.answered(now: now) { return }
        request.done()
        write(response)
        updateTimer()
    }

    func begin(_ response: HTTPResponse, number: UInt64) {
        guard case .write = request.machine.answerBegan(canBeReused: false) else { return }
        request.forgetBody()
        request.answerLeft = response["content-length"].flatMap(Int.init)
        send(head(of: response, length: request.answerLeft), endStream: false)
        context?.flush()
    }

    func write(_ bytes: ByteBuffer, number: UInt64, continuation: CheckedContinuation<Void, any Error>) {
        guard let context, request.takesPieces else {
            return continuation.resume(throwing: ExchangeClosed())
        }
        if bytes.readableBytes > 0, !request.isHead {
            guard request.counts(bytes.readableBytes) else {
                abort(number: number)
                return continuation.resume(throwing: ExchangeClosed())
            }
            var rest = bytes
            while let piece = rest.readSlice(length: min(Self.piece, rest.readableBytes)), piece.readableBytes > 0 {
                send(piece, endStream: false)
            }
            context.flush()
            updateTimer()
        }
        if context.channel.isWritable {
            continuation.resume()
        } else {
            request.writer = continuation
        }
    }

    func end(number: UInt64) {
        if !request.isHead, let left = request.answerLeft, left > 0 { return abort(number: number) }
        guard case .write = request.machine.answerEnded(now: now) else { return }
        request.done()
        send(ByteBuffer(), endStream: true)
        context?.flush()
        updateTimer()
    }

    func abort(number: UInt64) {
        guard case .streaming = request.machine.state else { return }
        request.done()
        reset(.internalError)
    }

    // MARK: Writing

    /// A whole answer, in one flush.
    func write(_ response: HTTPResponse) {
        let length = request.length(of: response)
        let hasBody = length != nil && !request.isHead && !response.body.isEmpty
        send(head(of: response, length: length), endStream: !hasBody)
        if hasBody {
            var rest = ByteBuffer(bytes: response.body)
            while let piece = rest.readSlice(length: min(Self.piece, rest.readableBytes)) {
                send(piece, endStream: rest.readableBytes == 0)
                if rest.readableBytes == 0 { break }
            }
        }
        context?.flush()
    }

    func writeInterim() {
        send(HPACKHeaders([(":status", "100")]), endStream: false)
        context?.flush()
    }

    private func head(of response: HTTPResponse, length: Int?) -> HPACKHeaders {
        HTTP2ResponseHead.make(
            status: response.status, headers: response.headers, length: length,
            date: HTTPDate.string(seconds: WallClock.seconds))
    }

    private func send(_ fields: HPACKHeaders, endStream: Bool) {
        send(.headers(.init(headers: fields, endStream: endStream)))
    }

    private func send(_ bytes: ByteBuffer, endStream: Bool) {
        send(.data(.init(data: .byteBuffer(bytes), endStream: endStream)))
    }

    private func send(_ payload: HTTP2Frame.FramePayload) {
        guard let context else { return }
        if unwritten == 0 { stalledSince = now }
        unwritten += 1
        let promise = context.eventLoop.makePromise(of: Void.self)
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        promise.futureResult.whenComplete { _ in me.value.sent() }
        context.write(Self.wrapOutboundOut(payload), promise: promise)
    }

    /// Written, or lost with the stream.
    private func sent() {
        unwritten -= 1
        stalledSince = unwritten > 0 ? now : nil
    }

    // MARK: Time

    func updateTimer() {
        guard let context, context.channel.isActive, let due = request.alarm(write: writeDeadline) else { return }
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        request.timer(context.eventLoop.scheduleTask(deadline: due.deadline) { me.value.timerFired() }, at: due)
    }

    private var writeDeadline: LoopInstant? { stalledSince?.advanced(by: request.limits.writeTimeout) }

    private func timerFired() {
        request.rang()
        if let writeDeadline, writeDeadline <= now {
            abandon()
            return reset(.cancel)
        }
        switch request.machine.timedOut(now: now) {
        case .none: break
        case .close: reset(.noError)
        case .refuse: refuse(.head(.timeout))
        case .cancel: abandon()
        }
        updateTimer()
    }
}

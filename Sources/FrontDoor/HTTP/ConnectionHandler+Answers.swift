import NIOCore

extension ConnectionHandler {
    /// What becomes of the connection when an answer is written.
    enum Sequel { case next, close, shutOutput }

    func finish(_ response: HTTPResponse, number: UInt64) {
        guard number == self.number else { return }
        switch request.machine.answered(now: now) {
        case .write(let keepAlive):
            request.done()
            write(response, then: keepAlive ? .next : .close)
            proceed()
        case .writeAndDiscard:
            // What is still to come of its body is thrown away.
            request.done()
            write(response, then: .shutOutput)
            proceed()
        case .drop: break
        }
    }

    /// The answer to a request that did not pass through the parser: `head` writes its head.
    func finish(number: UInt64, payload: ByteBuffer, head: (_ keepAlive: Bool, inout ByteBuffer) -> Void) {
        guard number == self.number, let context, case .write(let keepAlive) = request.machine.answered(now: now) else {
            return
        }
        let inline = payload.readableBytes <= 32 * 1024
        var buffer = context.channel.allocator.buffer(capacity: 512 + (inline ? payload.readableBytes : 0))
        head(keepAlive, &buffer)
        if inline {
            buffer.writeImmutableBuffer(payload)
            send(buffer, then: keepAlive ? .next : .close)
        } else {
            context.write(Self.wrapOutboundOut(buffer), promise: nil)
            send(payload, then: keepAlive ? .next : .close)
        }
        proceed()
    }

    func begin(_ response: HTTPResponse, number: UInt64) {
        guard number == self.number, let context else { return }
        let length = response["content-length"].flatMap(Int.init)
        guard case .write(let keepAlive) = request.machine.answerBegan(canBeReused: !isHTTP10 || length != nil) else {
            return
        }
        request.forgetBody()
        request.answerLeft = length
        var buffer = context.channel.allocator.buffer(capacity: 512)
        ResponseWriter.writeHead(
            status: response.status, headers: response.headers,
            framing: length.map { .length($0) } ?? (isHTTP10 ? .untilClose : .chunked),
            keepAlive: keepAlive, http10: isHTTP10, date: HTTPDate.string(seconds: WallClock.seconds), to: &buffer)
        send(buffer, then: .next)
        // A client that closed its side before may be gone: nothing but a write would tell.
        if request.machine.inputClosed {
            abandon()
            close()
        }
    }

    func write(_ bytes: ByteBuffer, number: UInt64, continuation: CheckedContinuation<Void, any Error>) {
        guard number == self.number, let context, request.takesPieces else {
            return continuation.resume(throwing: ExchangeClosed())
        }
        if bytes.readableBytes > 0, !request.isHead {
            let isChunked = !isHTTP10 && request.answerLeft == nil
            guard request.counts(bytes.readableBytes) else {
                abort(number: number)
                return continuation.resume(throwing: ExchangeClosed())
            }
            if isChunked {
                let frame = String(bytes.readableBytes, radix: 16) + "\r\n"
                context.write(Self.wrapOutboundOut(context.channel.allocator.buffer(string: frame)), promise: nil)
                context.write(Self.wrapOutboundOut(bytes), promise: nil)
                send(context.channel.allocator.buffer(string: "\r\n"), then: .next)
            } else {
                send(bytes, then: .next)
            }
        }
        if context.channel.isWritable {
            continuation.resume()
        } else {
            request.writer = continuation
        }
    }

    func end(number: UInt64) {
        guard number == self.number, let context else { return }
        if !request.isHead, let left = request.answerLeft, left > 0 { return abort(number: number) }
        guard case .write(let keepAlive) = request.machine.answerEnded(now: now) else { return }
        request.done()
        var buffer = context.channel.allocator.buffer(capacity: 8)
        if !isHTTP10, !request.isHead, request.answerLeft == nil { buffer.writeStaticString("0\r\n\r\n") }
        send(buffer, then: keepAlive ? .next : .close)
        proceed()
    }

    func abort(number: UInt64) {
        guard number == self.number, case .streaming = request.machine.state else { return }
        request.done()
        close()
    }

    // MARK: Writing

    /// Head and body leave in one flush; small bodies in one piece with the head.
    func write(_ response: HTTPResponse, then sequel: Sequel) {
        guard let context else { return }
        let length = request.length(of: response)
        let hasBody = length != nil && !request.isHead
        let inline = hasBody && response.body.count <= 32 * 1024
        var buffer = context.channel.allocator.buffer(capacity: 512 + (inline ? response.body.count : 0))
        ResponseWriter.writeHead(
            status: response.status, headers: response.headers,
            framing: length.map { .length($0) } ?? .noBody, keepAlive: sequel == .next, http10: isHTTP10,
            date: HTTPDate.string(seconds: WallClock.seconds), to: &buffer)
        if !hasBody { return send(buffer, then: sequel) }
        if inline {
            buffer.writeBytes(response.body)
            return send(buffer, then: sequel)
        }
        context.write(Self.wrapOutboundOut(buffer), promise: nil)
        send(ByteBuffer(bytes: response.body), then: sequel)
    }

    private func send(_ buffer: ByteBuffer, then sequel: Sequel) {
        guard let context else { return }
        unwritten += 1
        let promise = context.eventLoop.makePromise(of: Void.self)
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        promise.futureResult.whenComplete { result in
            me.value.sent(then: sequel, failed: { if case .failure = result { true } else { false } }())
        }
        context.writeAndFlush(Self.wrapOutboundOut(buffer), promise: promise)
        if unwritten > 0 { updateTimer() }
    }

    private func sent(then sequel: Sequel, failed: Bool) {
        unwritten -= 1
        stalled = nil
        if failed { return close() }
        switch sequel {
        case .next: break
        case .close: close()
        case .shutOutput: context?.close(mode: .output, promise: nil)
        }
    }

    /// After an answer: what waited may go on.
    private func proceed() {
        pump()
        releaseRead()
        updateTimer()
    }

    // MARK: Time

    func updateTimer() {
        guard let context, context.channel.isActive else { return }
        if unwritten > 0, stalled == nil { stalled = (.max, now) }
        guard let due = request.alarm(write: unwritten > 0 ? writeDeadline : nil) else { return }
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        request.timer(context.eventLoop.scheduleTask(deadline: due.deadline) { me.value.timerFired() }, at: due)
    }

    private var writeDeadline: LoopInstant? { stalled?.since.advanced(by: request.limits.writeTimeout) }

    private func timerFired() {
        request.rang()
        if unwritten > 0, let stalled, let writeDeadline, writeDeadline <= now {
            let left = (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
            if left >= stalled.bytes {
                abandon()
                return close()
            }
            self.stalled = (left, now)
        }
        switch request.machine.timedOut(now: now) {
        case .none: break
        case .close: close()
        case .refuse: refuse(.head(.timeout))
        case .cancel: abandon()
        }
        updateTimer()
    }
}

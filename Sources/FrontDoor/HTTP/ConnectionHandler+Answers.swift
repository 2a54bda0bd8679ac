import NIOCore

extension ConnectionHandler {
    /// What becomes of the connection when an answer is written.
    enum Sequel { case next, close, shutOutput }

    func finish(_ response: HTTPResponse, number: UInt64) {
        guard number == self.number else { return }
        switch machine.answered(now: now) {
        case .write(let keepAlive):
            done()
            write(response, then: keepAlive ? .next : .close)
            proceed()
        case .writeAndDiscard, .drop: break
        }
    }

    /// The answer to a request that did not pass through the parser: `head` writes its head.
    func finish(number: UInt64, payload: ByteBuffer, head: (_ keepAlive: Bool, inout ByteBuffer) -> Void) {
        guard number == self.number, let context, case .write(let keepAlive) = machine.answered(now: now) else {
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
        guard case .write(let keepAlive) = machine.answerBegan(canBeReused: !isHTTP10) else { return }
        forgetBody()
        var buffer = context.channel.allocator.buffer(capacity: 512)
        ResponseWriter.writeHead(
            status: response.status, headers: response.headers, framing: isHTTP10 ? .untilClose : .chunked,
            keepAlive: keepAlive, http10: isHTTP10, date: HTTPDate.string(seconds: WallClock.seconds), to: &buffer)
        send(buffer, then: .next)
        // A client that closed its side before may be gone: nothing but a write would tell.
        if machine.inputClosed {
            abandon()
            close()
        }
    }

    func write(_ bytes: [UInt8], number: UInt64, continuation: CheckedContinuation<Void, any Error>) {
        guard number == self.number, let context, case .streaming = machine.state, writer == nil else {
            return continuation.resume(throwing: ExchangeClosed())
        }
        if !bytes.isEmpty, !isHead {
            var buffer = context.channel.allocator.buffer(capacity: bytes.count + 20)
            if !isHTTP10 {
                buffer.writeString(String(bytes.count, radix: 16))
                buffer.writeStaticString("\r\n")
            }
            buffer.writeBytes(bytes)
            if !isHTTP10 { buffer.writeStaticString("\r\n") }
            send(buffer, then: .next)
        }
        if context.channel.isWritable {
            continuation.resume()
        } else {
            writer = continuation
        }
    }

    func end(number: UInt64) {
        guard number == self.number, let context else { return }
        guard case .write(let keepAlive) = machine.answerEnded(now: now) else { return }
        done()
        var buffer = context.channel.allocator.buffer(capacity: 8)
        if !isHTTP10, !isHead { buffer.writeStaticString("0\r\n\r\n") }
        send(buffer, then: keepAlive ? .next : .close)
        proceed()
    }

    func abort(number: UInt64) {
        guard number == self.number, case .streaming = machine.state else { return }
        done()
        close()
    }

    func resumeWriter() {
        guard let writer else { return }
        self.writer = nil
        writer.resume()
    }

    // MARK: Writing

    /// Head and body leave in one flush; small bodies in one piece with the head.
    func write(_ response: HTTPResponse, then sequel: Sequel) {
        guard let context else { return }
        let bodiless = response.status == 204 || response.status == 304
        let inline = !isHead && !bodiless && response.body.count <= 32 * 1024
        var buffer = context.channel.allocator.buffer(capacity: 512 + (inline ? response.body.count : 0))
        ResponseWriter.writeHead(
            status: response.status, headers: response.headers,
            framing: bodiless ? .noBody : .length(length(of: response)), keepAlive: sequel == .next, http10: isHTTP10,
            date: HTTPDate.string(seconds: WallClock.seconds), to: &buffer)
        if isHead || bodiless { return send(buffer, then: sequel) }
        if inline {
            buffer.writeBytes(response.body)
            return send(buffer, then: sequel)
        }
        context.write(Self.wrapOutboundOut(buffer), promise: nil)
        send(ByteBuffer(bytes: response.body), then: sequel)
    }

    /// A HEAD's answer has the length that GET's would have, which only its handler knows.
    private func length(of response: HTTPResponse) -> Int {
        if isHead, response.body.isEmpty, let given = response["content-length"], let length = Int(given), length >= 0 {
            return length
        }
        return response.body.count
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

    private func done() {
        cancel = nil
        forgetBody()
    }

    /// After an answer: what waited may go on.
    private func proceed() {
        pump()
        releaseRead()
        updateTimer()
    }

    // MARK: Time

    /// One timer at most, and left alone while it is early enough: an answered request costs none.
    func updateTimer() {
        guard let context, context.channel.isActive else { return }
        var due = machine.deadline
        if unwritten > 0 {
            let since = stalled?.since ?? now
            stalled = (stalled?.bytes ?? .max, since)
            due = min(due ?? since.advanced(by: limits.writeTimeout), since.advanced(by: limits.writeTimeout))
        }
        guard let due else { return }
        if timer != nil, let timerDue, timerDue <= due { return }
        timer?.cancel()
        timerDue = due
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: due.deadline) { me.value.timerFired() }
    }

    private func timerFired() {
        timer = nil
        timerDue = nil
        if unwritten > 0, let stalled, stalled.since.advanced(by: limits.writeTimeout) <= now {
            let left = (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
            if left >= stalled.bytes {
                abandon()
                return close()
            }
            self.stalled = (left, now)
        }
        switch machine.timedOut(now: now) {
        case .none: break
        case .close: close()
        case .refuse: refuse(.head(.timeout))
        case .cancel: abandon()
        }
        updateTimer()
    }
}

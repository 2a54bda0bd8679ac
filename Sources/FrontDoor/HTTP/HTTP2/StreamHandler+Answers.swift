import NIOCore
import NIOHPACK
import NIOHTTP2

extension StreamHandler {
    /// How much of an answer is one write, and so what a slow reader has to take within ``HTTPLimits/writeTimeout``.
    private static var piece: Int { 64 * 1024 }

    func finish(_ response: HTTPResponse, number: UInt64) {
        guard case .write = machine.answered(now: now) else { return }
        done()
        write(response)
        updateTimer()
    }

    func begin(_ response: HTTPResponse, number: UInt64) {
        guard case .write = machine.answerBegan(canBeReused: false) else { return }
        forgetBody()
        send(head(of: response, length: nil), endStream: false)
        context?.flush()
    }

    func write(_ bytes: [UInt8], number: UInt64, continuation: CheckedContinuation<Void, any Error>) {
        guard let context, case .streaming = machine.state, writer == nil else {
            return continuation.resume(throwing: ExchangeClosed())
        }
        if !bytes.isEmpty, !isHead {
            var rest = ByteBuffer(bytes: bytes)
            while let piece = rest.readSlice(length: min(Self.piece, rest.readableBytes)), piece.readableBytes > 0 {
                send(piece, endStream: false)
            }
            context.flush()
            updateTimer()
        }
        if context.channel.isWritable {
            continuation.resume()
        } else {
            writer = continuation
        }
    }

    func end(number: UInt64) {
        guard case .write = machine.answerEnded(now: now) else { return }
        done()
        send(ByteBuffer(), endStream: true)
        context?.flush()
        updateTimer()
    }

    func abort(number: UInt64) {
        guard case .streaming = machine.state else { return }
        done()
        reset(.internalError)
    }

    func resumeWriter() {
        guard let writer else { return }
        self.writer = nil
        writer.resume()
    }

    private func done() {
        cancel = nil
        forgetBody()
    }

    // MARK: Writing

    /// A whole answer, in one flush.
    func write(_ response: HTTPResponse) {
        let bodiless = response.status == 204 || response.status == 304
        let hasBody = !isHead && !bodiless && !response.body.isEmpty
        send(head(of: response, length: bodiless ? nil : length(of: response)), endStream: !hasBody)
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

    /// A HEAD's answer has the length that GET's would have, which only its handler knows.
    private func length(of response: HTTPResponse) -> Int {
        if isHead, response.body.isEmpty, let given = response["content-length"], let length = Int(given), length >= 0 {
            return length
        }
        return response.body.count
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

    /// One timer at most; a request that is answered at once costs none.
    func updateTimer() {
        guard let context, context.channel.isActive else { return }
        let write = stalledSince.map { $0.advanced(by: limits.writeTimeout) }
        guard let due = [machine.deadline, write].compactMap({ $0 }).min() else { return }
        if timer != nil, let timerDue, timerDue <= due { return }
        timer?.cancel()
        timerDue = due
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: due.deadline) { me.value.timerFired() }
    }

    private func timerFired() {
        timer = nil
        timerDue = nil
        if let stalledSince, stalledSince.advanced(by: limits.writeTimeout) <= now {
            abandon()
            return reset(.cancel)
        }
        switch machine.timedOut(now: now) {
        case .none: break
        case .close: reset(.noError)
        case .refuse: refuse(.head(.timeout))
        case .cancel: abandon()
        }
        updateTimer()
    }
}

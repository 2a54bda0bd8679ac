/// What one connection is doing. Pure: every event returns what its handler shall do. Time comes with the events.
struct ConnectionStateMachine<Instant: InstantProtocol>: Sendable where Instant.Duration == Duration {
    enum State: Sendable, Equatable {
        /// Nothing of the next request has arrived.
        case idle(since: Instant)
        /// Some bytes of a head have.
        case readingHead(since: Instant)
        case readingBody(Body)
        /// The answer is awaited while the body still arrives, for whoever makes it.
        case feeding(Body, isHeld: Bool)
        /// The request is complete; its answer is awaited.
        case running(keepAlive: Bool, until: Instant?)
        /// The head of an answer is written, its body follows.
        case streaming(keepAlive: Bool)
        /// The answer is given before the request was read; what still comes of it is thrown away.
        case discarding(left: Int, until: Instant)
        case closed
    }

    struct Body: Sendable, Equatable {
        var keepAlive: Bool
        var limit: Int
        var received = 0
        var started: Instant
        var latest: Instant
    }

    private(set) var state: State
    private let limits: HTTPLimits
    /// The client has closed its side: there will be no other request.
    private(set) var inputClosed = false
    /// We are shutting down: no other request is taken.
    private(set) var draining = false

    init(limits: HTTPLimits, now: Instant) {
        self.limits = limits
        state = .idle(since: now)
    }

    /// Whether a part of the next request may be taken now; if not it waits.
    var takesParts: Bool {
        switch state {
        case .idle, .readingHead, .readingBody, .feeding(_, isHeld: false), .discarding: true
        case .running, .feeding, .streaming, .closed: false
        }
    }

    // MARK: Requests

    /// Bytes have come from the socket, before they are parsed.
    mutating func bytesArrived(now: Instant) {
        if case .idle = state { state = .readingHead(since: now) }
    }

    enum HeadAction: Equatable { case admit, ignore }

    /// A head is complete.
    mutating func headArrived() -> HeadAction {
        switch state {
        case .idle, .readingHead: .admit
        case .readingBody, .feeding, .running, .streaming, .discarding, .closed: .ignore
        }
    }

    enum AdmissionAction: Equatable { case none, sendContinue }

    /// The head was accepted: its body may come, up to `limit` bytes.
    mutating func admitted(keepAlive: Bool, expectsContinue: Bool, limit: Int, now: Instant) -> AdmissionAction {
        state = .readingBody(Body(keepAlive: keepAlive, limit: limit, started: now, latest: now))
        return expectsContinue ? .sendContinue : .none
    }

    /// The head was accepted, and is answered while its body arrives: nothing of it is taken before it is asked for.
    mutating func admittedFeeding(keepAlive: Bool, limit: Int, now: Instant) {
        state = .feeding(Body(keepAlive: keepAlive, limit: limit, started: now, latest: now), isHeld: true)
    }

    /// Whoever makes the answer has enough of the body for now.
    mutating func hold() {
        if case .feeding(let body, _) = state { state = .feeding(body, isHeld: true) }
    }

    /// More of the body may come.
    mutating func release(now: Instant) {
        guard case .feeding(var body, true) = state else { return }
        body.latest = now
        state = .feeding(body, isHeld: false)
    }

    enum BodyAction: Equatable { case keep, discard, refuse, close }

    mutating func bodyArrived(_ count: Int, now: Instant) -> BodyAction {
        switch state {
        case .readingBody(var body):
            if count > body.limit - body.received { return .refuse }
            body.received += count
            body.latest = now
            state = .readingBody(body)
            return .keep
        case .feeding(var body, let isHeld):
            if count > body.limit - body.received { return .refuse }
            body.received += count
            body.latest = now
            state = .feeding(body, isHeld: isHeld)
            return .keep
        case .discarding(let left, let until):
            if count > left {
                state = .closed
                return .close
            }
            state = .discarding(left: left - count, until: until)
            return .discard
        case .idle, .readingHead, .running, .streaming, .closed: return .discard
        }
    }

    enum EndAction: Equatable { case run, fed, ignore, close }

    /// The request is complete.
    mutating func endArrived() -> EndAction {
        switch state {
        case .readingBody(let body):
            state = .running(keepAlive: body.keepAlive, until: nil)
            return .run
        case .feeding(let body, _):
            state = .running(keepAlive: body.keepAlive, until: nil)
            return .fed
        case .discarding:
            state = .closed
            return .close
        case .idle, .readingHead, .running, .streaming, .closed: return .ignore
        }
    }

    /// Whether the request has its answer, or never gets one.
    var isAnswered: Bool {
        switch state {
        case .feeding, .running, .streaming: false
        case .idle, .readingHead, .readingBody, .discarding, .closed: true
        }
    }

    /// Whether no request is under way, and another may come.
    var isAtRest: Bool {
        switch state {
        case .idle, .readingHead: !draining && !inputClosed
        case .readingBody, .feeding, .running, .streaming, .discarding, .closed: false
        }
    }

    /// A request is complete that nobody had to wait for.
    mutating func wholeArrived() {
        if isAtRest { state = .running(keepAlive: true, until: nil) }
    }

    // MARK: Answers

    enum AnswerAction: Equatable {
        /// Write it and take the next request.
        case write(keepAlive: Bool)
        /// Write it, close our side, throw away what comes.
        case writeAndDiscard
        /// Nobody waits for it any more.
        case drop
    }

    /// The answer to the running request is there.
    mutating func answered(now: Instant) -> AnswerAction {
        // Before the whole body was there: it is not wanted any more.
        if case .feeding = state { return refused(now: now) }
        guard case .running(let keepAlive, _) = state else { return .drop }
        return finish(keepAlive: keepAlive, now: now)
    }

    /// A request that is still arriving is answered at once. The connection ends with it.
    mutating func refused(now: Instant) -> AnswerAction {
        switch state {
        case .idle, .readingHead, .readingBody, .feeding:
            state = .discarding(left: limits.discardedBody, until: now.advanced(by: limits.lingerTimeout))
            return .writeAndDiscard
        case .running, .streaming, .discarding, .closed: return .drop
        }
    }

    /// The head of a streamed answer is there.
    mutating func answerBegan(canBeReused: Bool) -> AnswerAction {
        guard case .running(let keepAlive, _) = state else { return .drop }
        let reuse = keepAlive && canBeReused && !inputClosed && !draining
        state = .streaming(keepAlive: reuse)
        return .write(keepAlive: reuse)
    }

    /// The last piece of a streamed answer is there.
    mutating func answerEnded(now: Instant) -> AnswerAction {
        guard case .streaming(let keepAlive) = state else { return .drop }
        return finish(keepAlive: keepAlive, now: now)
    }

    private mutating func finish(keepAlive: Bool, now: Instant) -> AnswerAction {
        let reuse = keepAlive && !inputClosed && !draining
        state = reuse ? .idle(since: now) : .closed
        return .write(keepAlive: reuse)
    }

    // MARK: Ends

    enum EndOfInputAction: Equatable { case none, close, cancelAndClose }

    /// The client has closed its side.
    mutating func inputEnded(now: Instant) -> EndOfInputAction {
        inputClosed = true
        switch state {
        case .idle, .readingHead, .readingBody, .discarding:
            state = .closed
            return .close
        case .running(let keepAlive, _):
            state = .running(keepAlive: keepAlive, until: now.advanced(by: limits.abandonedCall))
            return .none
        case .feeding, .streaming:
            state = .closed
            return .cancelAndClose
        case .closed: return .none
        }
    }

    enum DrainAction: Equatable { case none, close }

    /// The server shuts down: what runs is finished, nothing new is begun.
    mutating func drain() -> DrainAction {
        draining = true
        if case .idle = state {
            state = .closed
            return .close
        }
        return .none
    }

    mutating func ended() { state = .closed }

    // MARK: Time

    /// When ``timedOut(now:)`` has to be asked next, if nothing happens before.
    var deadline: Instant? {
        switch state {
        case .idle(let since): since.advanced(by: limits.idleTimeout)
        case .readingHead(let since): since.advanced(by: limits.headTimeout)
        case .readingBody(let body), .feeding(let body, isHeld: false):
            min(body.latest.advanced(by: limits.bodyIdleTimeout), body.started.advanced(by: allowance(body.received)))
        case .running(_, let until): until
        case .discarding(_, let until): until
        case .feeding, .streaming, .closed: nil
        }
    }

    private func allowance(_ received: Int) -> Duration {
        limits.bodyTimeout + .seconds(Double(received) / Double(max(limits.bodyRate, 1)))
    }

    enum TimeoutAction: Equatable {
        case none
        case close
        /// Tell the client, then close.
        case refuse
        /// The client has gone and the call had its time.
        case cancel
    }

    mutating func timedOut(now: Instant) -> TimeoutAction {
        guard let deadline, deadline <= now else { return .none }
        switch state {
        case .idle, .discarding:
            state = .closed
            return .close
        case .readingHead, .readingBody, .feeding: return .refuse
        case .running(let keepAlive, _):
            state = .running(keepAlive: keepAlive, until: nil)
            return .cancel
        case .streaming, .closed: return .none
        }
    }
}

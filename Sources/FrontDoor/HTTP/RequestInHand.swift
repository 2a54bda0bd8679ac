import NIOCore

/// The request that a connection, or a stream of one, takes in and answers: what HTTP/1.1 and HTTP/2 do in the same way.
///
/// A part of its handler, and not more than a value: it calls nobody who might call the handler back.
struct RequestInHand {
    /// What the handler has to do.
    enum Step {
        case none
        case sendContinue
        case refuse(RefusalReason)
        case close
        /// The body's reader has enough for now.
        case hold
    }

    let limits: HTTPLimits
    var machine: ConnectionStateMachine<LoopInstant>
    private let budget: BodyBudget

    // What has arrived.
    private(set) var head: RequestHead?
    /// Whether the answer's body stays unsaid.
    private(set) var isHead = false
    private var body: [UInt8] = []
    private var budgeted = 0
    /// Where the body goes that is read while the answer is made.
    private var stream: BodyStream?

    // The answer.
    /// What to call when the client has gone.
    var cancel: (@Sendable () -> Void)?
    /// How much of a streamed answer is still to come, if its length was told.
    var answerLeft: Int?
    /// Waits until the channel takes more of a streamed answer.
    var writer: CheckedContinuation<Void, any Error>?

    private var timer: (task: Scheduled<Void>, due: LoopInstant)?

    init(limits: HTTPLimits, budget: BodyBudget, now: NIODeadline) {
        self.limits = limits
        self.budget = budget
        machine = ConnectionStateMachine(limits: limits, now: LoopInstant(deadline: now))
    }

    // MARK: Arrival

    /// Another request begins: its head is not known yet.
    mutating func begin(isHead: Bool) {
        head = nil
        answerLeft = nil
        self.isHead = isHead
    }

    /// - Parameter head: one that is good.
    mutating func arrived(_ head: RequestHead) { self.head = head }

    /// The body may come.
    mutating func admitted(_ head: RequestHead, limit: Int, keepAlive: Bool, now: LoopInstant) -> Step {
        if case .length(let length) = head.framing, length > limit { return .refuse(.bodyTooLarge(limit: limit)) }
        let action = machine.admitted(
            keepAlive: keepAlive, expectsContinue: head.expectsContinue && head.framing != .none, limit: limit, now: now
        )
        return action == .sendContinue ? .sendContinue : .none
    }

    /// The request is to be answered at once; its body goes into `stream`.
    mutating func admitted(
        _ head: RequestHead, into stream: BodyStream, limit: Int, keepAlive: Bool, now: LoopInstant
    ) -> Step {
        if case .length(let length) = head.framing, length > limit { return .refuse(.bodyTooLarge(limit: limit)) }
        machine.admittedFeeding(keepAlive: keepAlive, limit: limit, now: now)
        self.stream = stream
        return .none
    }

    /// The reader of the body waits for more.
    mutating func bodyWanted(now: LoopInstant) -> Step {
        guard case .feeding(let body, true) = machine.state else { return .none }
        machine.release(now: now)
        return body.received == 0 && head?.expectsContinue == true ? .sendContinue : .none
    }

    /// The body that is read while the answer is made has come whole.
    mutating func fed() {
        stream?.finish()
        stream = nil
    }

    mutating func arrived(_ bytes: ByteBuffer, now: LoopInstant) -> Step {
        switch machine.bodyArrived(bytes.readableBytes, now: now) {
        case .keep:
            if let stream {
                if stream.append(bytes) { return .none }
                machine.hold()
                return .hold
            }
            guard budget.take(bytes.readableBytes) else { return .refuse(.overloaded) }
            budgeted += bytes.readableBytes
            if body.isEmpty, case .length(let length) = head?.framing { body.reserveCapacity(length) }
            body.append(contentsOf: bytes.readableBytesView)
            return .none
        case .discard: return .none
        case .refuse:
            switch machine.state {
            case .readingBody(let body), .feeding(let body, _): return .refuse(.bodyTooLarge(limit: body.limit))
            default: return .refuse(.bodyTooLarge(limit: limits.body))
            }
        case .close: return .close
        }
    }

    /// The whole request, to be answered; nil if there is no good head.
    mutating func take() -> IncomingRequest? {
        guard let head else { return nil }
        defer { body = [] }
        return IncomingRequest(head: head, body: body)
    }

    mutating func forgetBody() {
        body = []
        stream?.fail(ExchangeClosed())
        stream = nil
        budget.giveBack(budgeted)
        budgeted = 0
    }

    // MARK: Answer

    /// Whether a piece of a streamed answer may be written now.
    var takesPieces: Bool {
        guard case .streaming = machine.state else { return false }
        return writer == nil
    }

    /// Counts a piece of a streamed answer.
    /// - Returns: false if it is more than what was told to come.
    mutating func counts(_ bytes: Int) -> Bool {
        guard let left = answerLeft else { return true }
        answerLeft = left - bytes
        return bytes <= left
    }

    /// The answer is given, or nobody wants it.
    mutating func done() {
        cancel = nil
        forgetBody()
    }

    /// - Returns: whom to resume when the channel takes more.
    mutating func takeWriter() -> CheckedContinuation<Void, any Error>? {
        defer { writer = nil }
        return writer
    }

    /// Nobody waits for the answer any longer.
    /// - Returns: what to call, and whose writing has failed.
    mutating func abandon() -> (cancel: (@Sendable () -> Void)?, writer: CheckedContinuation<Void, any Error>?) {
        defer { cancel = nil }
        stream?.fail(ExchangeClosed())
        stream = nil
        return (cancel, takeWriter())
    }

    /// What an answer says its length is; nil: it is one that has no body.
    func length(of response: HTTPResponse) -> Int? {
        if response.status == 204 || response.status == 304 { return nil }
        // A HEAD's answer has the length that GET's would have, which only its handler knows.
        if isHead, response.body.isEmpty, let given = response["content-length"], let length = Int(given), length >= 0 {
            return length
        }
        return response.body.count
    }

    // MARK: Time

    /// One timer at most, and left alone while it is early enough: an answered request costs none.
    /// - Parameter write: when the client has to have taken what is written, if anything is.
    /// - Returns: when ``timer(_:at:)`` shall ring; nil: there is nothing to set.
    mutating func alarm(write: LoopInstant?) -> LoopInstant? {
        var due = machine.deadline
        if let write { due = min(due ?? write, write) }
        guard let due else { return nil }
        if let timer, timer.due <= due { return nil }
        timer?.task.cancel()
        return due
    }

    mutating func timer(_ task: Scheduled<Void>, at due: LoopInstant) { timer = (task, due) }

    /// The timer rings.
    mutating func rang() { timer = nil }

    /// The connection is gone, or the stream.
    mutating func ended() {
        machine.ended()
        timer?.task.cancel()
        timer = nil
        forgetBody()
    }
}

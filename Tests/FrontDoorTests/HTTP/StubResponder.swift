import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization

@testable import FrontDoor

/// Keeps what it is asked, for the test to answer.
final class StubResponder: Responder {
    struct Asked: Sendable {
        var request: IncomingRequest
        var exchange: Exchange
    }

    private struct State {
        var asked: [Asked] = []
        var refusals: [RefusalReason] = []
        var refused: [RequestHead?] = []
        var cancelled = 0
    }

    private let state = Mutex(State())
    private let limit: Int
    private let immediate: (@Sendable (IncomingRequest) -> HTTPResponse?)?
    private let refuses: (@Sendable (RequestHead) -> HTTPResponse?)?

    init(
        limit: Int = 1000, refuses: (@Sendable (RequestHead) -> HTTPResponse?)? = nil,
        immediate: (@Sendable (IncomingRequest) -> HTTPResponse?)? = nil
    ) {
        self.limit = limit
        self.refuses = refuses
        self.immediate = immediate
    }

    var asked: [Asked] { state.withLock { $0.asked } }
    var refusals: [RefusalReason] { state.withLock { $0.refusals } }
    /// The heads of what was refused while it arrived, as far as they are known.
    var refused: [RequestHead?] { state.withLock { $0.refused } }
    var cancelled: Int { state.withLock { $0.cancelled } }

    func admit(_ head: RequestHead, on connection: ConnectionInfo) -> Admission<Int> {
        if let response = refuses?(head) { return .refuse(response) }
        return .accept(0, limit: limit)
    }

    func answer(_ request: IncomingRequest, _ ticket: Int, to exchange: Exchange) -> (@Sendable () -> Void)? {
        state.withLock { $0.asked.append(Asked(request: request, exchange: exchange)) }
        if let response = immediate?(request) {
            exchange.finish(response)
            return nil
        }
        return { self.state.withLock { $0.cancelled += 1 } }
    }

    func desk(for connection: ConnectionInfo) -> InvocationDesk? { nil }

    func refusal(_ reason: RefusalReason, _ head: RequestHead?, _ ticket: Int?) -> HTTPResponse {
        state.withLock {
            $0.refusals.append(reason)
            $0.refused.append(head)
        }
        switch reason {
        case .head(let error): return HTTPResponse(status: error.status)
        case .bodyTooLarge: return HTTPResponse(status: 413)
        case .overloaded: return HTTPResponse(status: 503)
        }
    }
}

/// A connection without a network, with a clock of its own.
struct TestConnection {
    let channel = EmbeddedChannel()
    let responder: StubResponder
    let server: HTTPServer<StubResponder>

    init(
        _ responder: StubResponder = StubResponder(), limits: HTTPLimits = HTTPLimits(), requiresTLS: Bool = false
    ) throws {
        self.responder = responder
        server = HTTPServer(
            responder: responder, limits: limits, budget: BodyBudget(limit: limits.allBodies), requiresTLS: requiresTLS,
            group: channel.embeddedEventLoop)
        try server.configure(channel)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    func send(_ text: String) throws {
        channel.pipeline.fireChannelRead(ByteBuffer(string: text))
        channel.pipeline.fireChannelReadComplete()
        channel.embeddedEventLoop.run()
    }

    func endInput() {
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        channel.embeddedEventLoop.run()
    }

    func pass(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

    func finish(_ index: Int, _ text: String = "") {
        responder.asked[index].exchange.finish(HTTPResponse(status: 200, body: Array(text.utf8)))
        channel.embeddedEventLoop.run()
    }

    /// Everything that was written since the last time.
    func written() throws -> String {
        var out = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { out += String(buffer: buffer) }
        return out
    }

    var isOpen: Bool { channel.isActive }
}

import NIOCore

/// One request and its answer, from any thread. Of everything that is answered only the first counts.
final class Exchange: Sendable {
    let eventLoop: any EventLoop
    private let sink: NIOLoopBound<any ExchangeSink>
    private let number: UInt64

    init(eventLoop: any EventLoop, sink: NIOLoopBound<any ExchangeSink>, number: UInt64) {
        self.eventLoop = eventLoop
        self.sink = sink
        self.number = number
    }

    /// The whole answer.
    func finish(_ response: HTTPResponse) {
        onLoop { $0.finish(response, number: $1) }
    }

    /// The head of a streamed answer; its body is not looked at.
    func begin(_ response: HTTPResponse) {
        onLoop { $0.begin(response, number: $1) }
    }

    /// The next piece of a streamed answer. Returns when the connection can take another one.
    /// - Throws: ``ExchangeClosed`` if the client has gone.
    func write(_ bytes: ByteBuffer) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            onLoop { $0.write(bytes, number: $1, continuation: continuation) }
        }
    }

    func write(_ bytes: [UInt8]) async throws { try await write(ByteBuffer(bytes: bytes)) }

    /// The end of a streamed answer.
    func end() {
        onLoop { $0.end(number: $1) }
    }

    /// Breaks a streamed answer off: the client sees that it is not whole.
    func abort() {
        onLoop { $0.abort(number: $1) }
    }

    private func onLoop(_ body: @escaping @Sendable (any ExchangeSink, UInt64) -> Void) {
        let (sink, number) = (sink, number)
        if eventLoop.inEventLoop {
            body(sink.value, number)
        } else {
            eventLoop.execute { body(sink.value, number) }
        }
    }
}

/// The client has gone.
struct ExchangeClosed: Error {}

/// The connection's side of an ``Exchange``. Called on its event loop only.
protocol ExchangeSink: AnyObject {
    func finish(_ response: HTTPResponse, number: UInt64)
    func begin(_ response: HTTPResponse, number: UInt64)
    func write(_ bytes: ByteBuffer, number: UInt64, continuation: CheckedContinuation<Void, any Error>)
    func end(number: UInt64)
    func abort(number: UInt64)
}

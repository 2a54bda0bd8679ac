import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import FrontDoor

@Suite("HTTP/2 frames in any order")
struct HTTP2SequenceTests {
    typealias Connection = TestHTTP2Connection

    @Test("never crash or hang a connection, whatever the server does meanwhile")
    func anyOrder() throws {
        var random = SeededGenerator(seed: 23)
        for _ in 0..<1000 {
            var limits = HTTPLimits()
            limits.concurrentStreams = 4
            limits.discardedBody = 50
            let connection = try Connection.opened(StubResponder(limit: 40), limits: limits)
            for _ in 0..<Int.random(in: 1...40, using: &random) where connection.isOpen {
                try step(connection, &random)
            }
            connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            connection.channel.embeddedEventLoop.run()
            #expect(!connection.isOpen)
            #expect(connection.server.budget.inUse == 0)
        }
    }

    private func step(_ connection: Connection, _ random: inout SeededGenerator) throws {
        let stream = Int.random(in: 0...9, using: &random)
        let flags: UInt8 = [0, 1, 4, 5, 8, 0x20, 0x2D].randomElement(using: &random) ?? 0
        let bytes = (0..<Int.random(in: 0...30, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        switch Int.random(in: 0..<16, using: &random) {
        case 0...3: try connection.headers(stream | 1, Connection.post, end: Bool.random(using: &random))
        case 4, 5: connection.data(stream | 1, bytes, end: Bool.random(using: &random))
        case 6: connection.reset(stream | 1)
        case 7: connection.send(Connection.frame(UInt8.random(in: 0...11, using: &random), flags, stream, bytes))
        case 8: connection.send(Connection.frame(8, 0, stream, [0, 0, UInt8.random(in: 0...255, using: &random), 0]))
        case 9:
            let setting = UInt8.random(in: 1...6, using: &random)
            connection.send(Connection.frame(4, 0, 0, Array(([0, setting, 0, 0] + bytes + [0, 0]).prefix(6))))
        case 10: connection.send(Connection.frame(2, 0, stream | 1, [0, 0, 0, UInt8(clamping: stream), 9] as [UInt8]))
        case 11: connection.pass(Int64.random(in: 0...40, using: &random))
        case 12 where Int.random(in: 0..<8, using: &random) == 0: connection.drain()
        default: answer(connection, &random)
        }
    }

    private func answer(_ connection: Connection, _ random: inout SeededGenerator) {
        guard let exchange = connection.responder.asked.randomElement(using: &random)?.exchange else { return }
        switch Int.random(in: 0..<5, using: &random) {
        case 0, 1: exchange.finish(HTTPResponse(status: 200, body: Array(repeating: 1, count: 100_000)))
        case 2: exchange.begin(HTTPResponse(status: 200))
        case 3: exchange.end()
        default: exchange.abort()
        }
        connection.channel.embeddedEventLoop.run()
    }
}

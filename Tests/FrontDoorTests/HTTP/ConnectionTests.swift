import Foundation
import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing

@testable import FrontDoor

@Suite("Connections")
struct ConnectionTests {
    @Test("a request is answered, and the connection kept")
    func keepAlive() throws {
        let connection = try TestConnection()
        try connection.send("GET /a?b=c HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(connection.responder.asked.first?.request.head.path == "/a")
        #expect(connection.responder.asked.first?.request.head.query == "b=c")
        connection.finish(0, "hello")
        let answer = try connection.written()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\nDate: "))
        #expect(answer.hasSuffix("Content-Length: 5\r\n\r\nhello"))
        #expect(!answer.contains("Connection"))
        #expect(connection.isOpen)
        try connection.send("GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(connection.responder.asked.count == 2)
    }

    @Test("an answer leaves in one write")
    func oneWrite() throws {
        let connection = try TestConnection(StubResponder { _ in HTTPResponse(status: 200, body: [1, 2, 3]) })
        try connection.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try connection.channel.readOutbound(as: ByteBuffer.self) != nil)
        #expect(try connection.channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test("pipelined requests run one after another, and are answered in order")
    func pipelining() throws {
        let connection = try TestConnection()
        try connection.send(
            "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab"
                + "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\ncd"
                + "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(connection.responder.asked.count == 1)
        connection.finish(0, "one")
        #expect(connection.responder.asked.count == 2)
        #expect(connection.responder.asked[1].request.body == Array("cd".utf8))
        connection.finish(1, "two")
        connection.finish(2, "three")
        let answer = try connection.written()
        let order = ["one", "two", "three"].compactMap { answer.range(of: $0)?.lowerBound }
        #expect(order.count == 3 && order == order.sorted())
    }

    @Test("a second answer to a request is ignored")
    func answeredTwice() throws {
        let connection = try TestConnection()
        try connection.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n")
        connection.finish(0, "one")
        _ = try connection.written()
        try connection.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
        connection.finish(0, "again")
        #expect(try connection.written().isEmpty)
        connection.finish(1, "two")
        #expect(try connection.written().hasSuffix("two"))
    }

    @Test("100-continue is sent when the body is welcome")
    func expectContinue() throws {
        let connection = try TestConnection()
        try connection.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        #expect(try connection.written() == "HTTP/1.1 100 Continue\r\n\r\n")
        try connection.send("abc")
        #expect(connection.responder.asked.count == 1)
    }

    @Test("100-continue is not sent for a body that is too large")
    func expectContinueTooLarge() throws {
        let connection = try TestConnection(StubResponder(limit: 2))
        try connection.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        let answer = try connection.written()
        #expect(answer.hasPrefix("HTTP/1.1 413"))
        #expect(answer.contains("Connection: close"))
    }

    @Test("chunked bodies are joined, and limited")
    func chunked() throws {
        let connection = try TestConnection(StubResponder(limit: 6))
        try connection.send(
            "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")
        #expect(connection.responder.asked.first?.request.body == Array("abcdef".utf8))
        connection.finish(0)
        try connection.send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nabcdefg\r\n")
        #expect(connection.responder.refusals == [.bodyTooLarge(limit: 6)])
        #expect(try connection.written().contains("HTTP/1.1 413"))
    }

    @Test("of a refused body a bounded rest is thrown away")
    func refusedBody() {
        var limits = HTTPLimits()
        limits.discardedBody = 10
        let start = ContinuousClock.now
        var machine = ConnectionStateMachine(limits: limits, now: start)
        #expect(machine.admitted(keepAlive: true, expectsContinue: false, limit: 2, now: start) == .none)
        #expect(machine.bodyArrived(3, now: start) == .refuse)
        #expect(machine.refused(now: start) == .writeAndDiscard)
        #expect(machine.bodyArrived(10, now: start) == .discard)
        #expect(machine.deadline == start + limits.lingerTimeout)
        #expect(machine.bodyArrived(1, now: start) == .close)
    }

    @Test("all bodies together are bounded")
    func budget() throws {
        var limits = HTTPLimits()
        limits.allBodies = 4
        let connection = try TestConnection(limits: limits)
        try connection.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcde")
        #expect(connection.responder.refusals == [.overloaded])
        #expect(try connection.written().hasPrefix("HTTP/1.1 503"))
    }

    @Test("huge heads are refused")
    func hugeHeads() throws {
        for head in [
            "GET /\(String(repeating: "a", count: 100_000)) HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nx: \(String(repeating: "a", count: 100_000))\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\n\(String(repeating: "x: y\r\n", count: 300))\r\n",
            "GET /\(String(repeating: "a", count: 20_000)) HTTP/1.1\r\nHost: h\r\n\r\n",
        ] {
            let connection = try TestConnection()
            try connection.send(head)
            #expect(connection.responder.asked.isEmpty)
            #expect(try connection.written().hasPrefix("HTTP/1.1 431"))
        }
    }

    @Test("a head without end is refused before it is whole")
    func endlessHead() throws {
        let connection = try TestConnection()
        try connection.send("GET /")
        for _ in 0..<200 where connection.responder.refusals.isEmpty {
            try connection.send(String(repeating: "a", count: 1000))
        }
        #expect(connection.responder.refusals == [.head(.headTooLarge)])
    }

    @Test("a slow head times out")
    func slowHead() throws {
        let connection = try TestConnection()
        try connection.send("GET / HTTP/1.1\r\n")
        for _ in 0..<19 {
            connection.pass(1)
            try connection.send("x: y\r\n")
        }
        #expect(connection.isOpen)
        connection.pass(1)
        #expect(try connection.written().hasPrefix("HTTP/1.1 408"))
        connection.pass(10)
        #expect(!connection.isOpen)
    }

    @Test("a stalled body times out, a slow one too")
    func slowBody() throws {
        let stalled = try TestConnection()
        try stalled.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 900\r\n\r\n")
        stalled.pass(29)
        try stalled.send("x")
        stalled.pass(29)
        #expect(stalled.responder.refusals.isEmpty)
        stalled.pass(1)
        #expect(stalled.responder.refusals == [.head(.timeout)])

        let slow = try TestConnection()
        try slow.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 900\r\n\r\n")
        for _ in 0..<61 where slow.responder.refusals.isEmpty {
            try slow.send("x")
            slow.pass(1)
        }
        #expect(slow.responder.refusals == [.head(.timeout)])
    }

    @Test("idle connections live long, and end")
    func idle() throws {
        let connection = try TestConnection(StubResponder { _ in HTTPResponse(status: 200) })
        connection.pass(599)
        try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        connection.pass(599)
        #expect(connection.isOpen)
        connection.pass(1)
        #expect(!connection.isOpen)
    }

    @Test("a running call has no time limit of the connection's")
    func longCall() throws {
        let connection = try TestConnection()
        try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        connection.pass(3600)
        connection.finish(0, "late")
        #expect(try connection.written().hasSuffix("late"))
    }

    @Test("a half-closed client gets its answer, and is closed then")
    func halfClosed() throws {
        let connection = try TestConnection()
        try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        connection.endInput()
        #expect(connection.isOpen)
        connection.pass(1)
        #expect(connection.responder.cancelled == 0)
        connection.finish(0, "answer")
        #expect(try connection.written().contains("Connection: close"))
        #expect(!connection.isOpen)
    }

    @Test("a client that closed its side long ago is taken for gone")
    func abandoned() throws {
        let connection = try TestConnection()
        try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        connection.endInput()
        connection.pass(2)
        #expect(connection.responder.cancelled == 1)
    }

    @Test("the running call of a lost connection is cancelled, once")
    func lost() throws {
        let connection = try TestConnection()
        try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = connection.channel.close()
        connection.channel.embeddedEventLoop.run()
        #expect(connection.responder.cancelled == 1)
        connection.finish(0)
        #expect(connection.responder.cancelled == 1)
    }

    @Test("draining ends idle connections, and others after their answer")
    func drain() throws {
        let idle = try TestConnection()
        idle.channel.pipeline.fireUserInboundEventTriggered(DrainEvent())
        #expect(!idle.isOpen)
        let busy = try TestConnection()
        try busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        busy.channel.pipeline.fireUserInboundEventTriggered(DrainEvent())
        #expect(busy.isOpen)
        busy.finish(0, "last")
        #expect(try busy.written().contains("Connection: close"))
        #expect(!busy.isOpen)
    }

    @Test("HTTP/1.0 is answered and closed")
    func http10() throws {
        let connection = try TestConnection(StubResponder { _ in HTTPResponse(status: 200) })
        try connection.send("GET / HTTP/1.0\r\n\r\n")
        #expect(try connection.written().contains("Connection: close"))
        #expect(!connection.isOpen)
    }

    @Test("a HEAD's answer has no body but its length")
    func head() throws {
        let connection = try TestConnection(StubResponder { _ in HTTPResponse(status: 200, body: [1, 2, 3]) })
        try connection.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try connection.written().hasSuffix("Content-Length: 3\r\n\r\n"))
    }

    @Test("an upgrade is not taken, and the connection ends with its answer")
    func upgrade() throws {
        let connection = try TestConnection(StubResponder { _ in HTTPResponse(status: 200) })
        try connection.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
        #expect(try connection.written().contains("Connection: close"))
        #expect(!connection.isOpen)
    }

    @Test("no header value can end its line")
    func headerInjection() throws {
        let connection = try TestConnection(
            StubResponder { _ in
                HTTPResponse(
                    status: 200,
                    headers: [.init(name: "x-a", value: "1\r\nx-evil: 2"), .init(name: "bad name", value: "3")])
            })
        try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        let answer = try connection.written()
        #expect(answer.contains("x-a: 1  x-evil: 2\r\n"))
        #expect(!answer.contains("bad name"))
    }

    @Test("a head that is refused without a body keeps the connection")
    func refusedHead() throws {
        let connection = try TestConnection(StubResponder(refuses: { _ in HTTPResponse(status: 403) }))
        try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")
        let answer = try connection.written()
        #expect(answer.components(separatedBy: "HTTP/1.1 403").count == 3)
        #expect(connection.isOpen)
    }

    @Test("streamed answers are chunked, and end with their call")
    func streaming() async throws {
        let connection = try TestConnection()
        try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        let exchange = connection.responder.asked[0].exchange
        exchange.begin(HTTPResponse(status: 200, headers: [.init(name: "Content-Type", value: "x/y")]))
        try await exchange.write(Array("hello".utf8))
        try await exchange.write(Array(repeating: 65, count: 16))
        exchange.end()
        let answer = try connection.written()
        #expect(answer.contains("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n10\r\nAAAAAAAAAAAAAAAA\r\n0\r\n\r\n"))
        #expect(connection.isOpen)
    }

    @Test("a stream whose client has gone is cancelled, and its writes fail")
    func streamAbandoned() async throws {
        let connection = try TestConnection()
        try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        let exchange = connection.responder.asked[0].exchange
        exchange.begin(HTTPResponse(status: 200))
        connection.endInput()
        #expect(connection.responder.cancelled == 1)
        await #expect(throws: ExchangeClosed.self) { try await exchange.write([1]) }
    }

    @Test("random bytes never hang or crash a connection")
    func randomBytes() throws {
        var random = SeededGenerator(seed: 7)
        let seeds = [
            "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd",
            "PUT /b?c=d HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nabcd\r\n0\r\nt: u\r\n\r\n",
        ]
        for round in 0..<2000 {
            let connection = try TestConnection(StubResponder { _ in HTTPResponse(status: 200) })
            var bytes = Array(seeds[round % 2].utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
                default: bytes.remove(at: index)
                }
            }
            connection.channel.pipeline.fireChannelRead(ByteBuffer(bytes: bytes))
            connection.channel.pipeline.fireChannelReadComplete()
            connection.endInput()
            #expect(!connection.isOpen)
        }
    }
}

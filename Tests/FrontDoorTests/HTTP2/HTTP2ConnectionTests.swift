import NIOCore
import NIOEmbedded
import NIOHPACK
import TestSupport
import Testing

@testable import FrontDoor

@Suite("HTTP/2 connections")
struct HTTP2ConnectionTests {
    typealias Connection = TestHTTP2Connection

    @Test("the preface may come in any pieces, with requests behind it", arguments: [1, 2, 23, 24, 25, 1000])
    func preface(_ size: Int) throws {
        let connection = try Connection(StubResponder { _ in HTTPResponse(status: 200) })
        let bytes =
            OpeningBytes.preface + Connection.frame(4, 0, 0, [])
            + Connection.frame(1, 5, 1, try connection.block(Connection.get))
        for start in stride(from: 0, to: bytes.count, by: size) {
            connection.send(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        #expect(try connection.frames(of: 1).first?.status == "200")
    }

    @Test("a reset cancels its call, once, and no other")
    func reset() throws {
        let connection = try Connection.opened()
        try connection.headers(1, Connection.get)
        try connection.headers(3, Connection.get)
        connection.reset(1)
        #expect(connection.responder.cancelled == 1)
        connection.finish(0, "late")
        connection.finish(1, "good")
        #expect(try connection.frames().filter { $0.type == 0 }.map(\.text) == ["good"])
        #expect(connection.responder.cancelled == 1)
    }

    @Test("the calls of a lost connection are cancelled", arguments: [true, false])
    func lost(_ halfClosed: Bool) throws {
        let connection = try Connection.opened()
        try connection.headers(1, Connection.get)
        try connection.headers(3, Connection.post, end: false)
        if halfClosed {
            connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            _ = connection.channel.close()
        }
        connection.channel.embeddedEventLoop.run()
        #expect(connection.responder.cancelled == 1)
        #expect(!connection.isOpen)
    }

    @Test("streamed answers leave as they come; their end ends the stream")
    func streaming() async throws {
        let connection = try Connection.opened()
        try connection.headers(1, Connection.get)
        let exchange = connection.responder.asked[0].exchange
        exchange.begin(HTTPResponse(status: 200, headers: [.init(name: "Content-Type", value: "x/y")]))
        try await exchange.write(Array("hello".utf8))
        var frames = try connection.frames(of: 1)
        #expect(frames.map(\.type) == [1, 0])
        #expect(frames[0].fields?["content-length"] == [])
        #expect(frames[1].text == "hello")
        #expect(!frames[1].endsStream)
        exchange.end()
        connection.channel.embeddedEventLoop.run()
        frames = try connection.frames(of: 1)
        #expect(frames.map(\.endsStream) == [true])
        #expect(connection.isOpen)
    }

    @Test("a broken stream is reset, so that the client sees it is not whole")
    func abort() async throws {
        let connection = try Connection.opened()
        try connection.headers(1, Connection.get)
        let exchange = connection.responder.asked[0].exchange
        exchange.begin(HTTPResponse(status: 200))
        exchange.abort()
        connection.channel.embeddedEventLoop.run()
        #expect(try connection.frames(of: 1).map(\.code) == [nil, 2])
    }

    @Test("writes of a stream whose client has gone fail")
    func streamAbandoned() async throws {
        let connection = try Connection.opened()
        try connection.headers(1, Connection.get)
        let exchange = connection.responder.asked[0].exchange
        exchange.begin(HTTPResponse(status: 200))
        connection.reset(1)
        #expect(connection.responder.cancelled == 1)
        await #expect(throws: ExchangeClosed.self) { try await exchange.write([1]) }
    }

    @Test("a client that gives no window for an answer is given up, and the call was answered")
    func slowReader() throws {
        let connection = try Connection.opened()
        // SETTINGS_INITIAL_WINDOW_SIZE = 1000.
        connection.send(Connection.frame(4, 0, 0, [0, 4, 0, 0, 0x03, 0xE8]))
        try connection.headers(1, Connection.get)
        connection.finish(0, String(repeating: "x", count: 5000))
        #expect(try connection.frames(of: 1).filter { $0.type == 0 }.map(\.payload.count) == [1000])
        connection.pass(59)
        #expect(try connection.frames(of: 1).isEmpty)
        connection.pass(1)
        #expect(try connection.frames(of: 1).map(\.code) == [8])
        #expect(connection.isOpen)
    }

    @Test("progress keeps a slow reader's answer alive")
    func steadyReader() throws {
        let connection = try Connection.opened()
        connection.send(Connection.frame(4, 0, 0, [0, 4, 0, 0, 0, 0]))
        try connection.headers(1, Connection.get)
        connection.finish(0, String(repeating: "x", count: 3 * 64 * 1024))
        var taken = 0
        for _ in 0..<3 {
            connection.pass(50)
            connection.send(Connection.frame(8, 0, 1, [0, 1, 0, 0]))
            connection.send(Connection.frame(8, 0, 0, [0, 1, 0, 0]))
            taken += try connection.frames(of: 1).filter { $0.type == 0 }.map(\.payload.count).reduce(0, +)
        }
        #expect(taken == 3 * 64 * 1024)
    }

    @Test("draining ends idle connections at once, and others after their last answer")
    func drain() throws {
        let idle = try Connection.opened()
        idle.drain()
        #expect(try idle.frames().map(\.type) == [7])
        #expect(!idle.isOpen)

        let busy = try Connection.opened()
        try busy.headers(1, Connection.get)
        busy.drain()
        let goAway = try #require(try busy.frames().first { $0.type == 7 })
        #expect(goAway.code == 0)
        #expect(goAway.payload.prefix(4) == [0, 0, 0, 1])
        // Too late: refused, so that the client may try it elsewhere.
        try busy.headers(3, Connection.get)
        #expect(busy.responder.asked.count == 1)
        #expect(busy.isOpen)
        busy.finish(0, "last")
        #expect(try busy.frames(of: 1).map(\.type) == [1, 0])
        #expect(!busy.isOpen)
    }

    @Test("idle connections live long, and end with a word")
    func idle() throws {
        let connection = try Connection.opened(StubResponder { _ in HTTPResponse(status: 200) })
        connection.pass(599)
        try connection.headers(1, Connection.get)
        _ = try connection.frames()
        connection.pass(599)
        #expect(connection.isOpen)
        connection.pass(600)
        #expect(try connection.frames().map(\.type) == [7])
        #expect(!connection.isOpen)
    }

    @Test("a running call has no time limit of the connection's")
    func longCall() throws {
        let connection = try Connection.opened()
        try connection.headers(1, Connection.get)
        connection.pass(3600)
        connection.finish(0, "late")
        #expect(try connection.frames(of: 1).last?.text == "late")
    }

    @Test("a stalled body times out, a slow one too")
    func slowBody() throws {
        let stalled = try Connection.opened()
        try stalled.headers(1, Connection.post, end: false)
        stalled.pass(30)
        #expect(try stalled.frames(of: 1).first?.status == "408")
        let slow = try Connection.opened()
        try slow.headers(1, Connection.post, end: false)
        for _ in 0..<61 where slow.responder.refusals.isEmpty {
            slow.data(1, [1])
            slow.pass(1)
        }
        #expect(slow.responder.refusals == [.head(.timeout)])
        #expect(slow.isOpen)
    }

    @Test("connections that begin and do not go on are ended")
    func slowBeginnings() throws {
        let silent = try Connection()
        silent.pass(599)
        #expect(silent.isOpen)
        silent.pass(1)
        #expect(!silent.isOpen)

        let preface = try Connection()
        for byte in OpeningBytes.preface.prefix(20) {
            preface.send([byte])
            preface.pass(1)
        }
        #expect(!preface.isOpen)

        let settings = try Connection()
        settings.send(OpeningBytes.preface)
        settings.pass(20)
        #expect(!settings.isOpen)
    }

    @Test("a head that does not end is given up, in one frame or in many")
    func slowHeads() throws {
        let frame = try Connection.opened()
        frame.send(Array(Connection.frame(1, 4, 1, Array(repeating: 0, count: 50)).prefix(20)))
        frame.pass(19)
        #expect(frame.isOpen)
        frame.pass(1)
        #expect(!frame.isOpen)

        let continued = try Connection.opened()
        continued.send(Connection.frame(1, 1, 1, Array(try continued.block(Connection.get).prefix(3))))
        for _ in 0..<4 {
            continued.pass(5)
            continued.send(Connection.frame(9, 0, 1, []))
        }
        #expect(!continued.isOpen)
    }

    @Test("frames that end in time may go on for ever")
    func steadyFrames() throws {
        let connection = try Connection.opened()
        try connection.headers(1, Connection.get)
        let ping = Connection.frame(6, 0, 0, Array(repeating: 1, count: 8))
        for _ in 0..<10 {
            connection.send(Array(ping.prefix(12)))
            connection.pass(15)
            connection.send(Array(ping.suffix(5)))
        }
        #expect(connection.isOpen)
    }

    @Test("rapid resets, floods and bombs end the connection")
    func floods() throws {
        let ping = Connection.frame(6, 0, 0, Array(repeating: 0, count: 8))
        let floods: [(Connection) throws -> Void] = [
            { connection in
                for index in 0..<300 where connection.isOpen {
                    try connection.headers(1 + 2 * index, Connection.get)
                    connection.reset(1 + 2 * index)
                }
            },
            { $0.send(Array(repeatElement(ping, count: 1000).joined())) },
            { $0.send(Array(repeatElement(Connection.frame(4, 0, 0, []), count: 1000).joined())) },
            { connection in
                try connection.headers(1, Connection.post, end: false)
                for _ in 0..<200 where connection.isOpen { connection.data(1, []) }
            },
            { connection in
                connection.send(Connection.frame(1, 1, 1, try connection.block(Connection.get)))
                for _ in 0..<100 where connection.isOpen { connection.send(Connection.frame(9, 0, 1, [])) }
            },
            { connection in
                // A long field enters the table, and is named in one byte for each of its thousands of times.
                let block = try connection.block(Connection.get + [("x-bomb", String(repeating: "b", count: 3900))])
                connection.send(Connection.frame(1, 5, 1, block + Array(repeating: 0xBE, count: 10_000)))
            },
        ]
        for flood in floods {
            let connection = try Connection.opened()
            try flood(connection)
            #expect(!connection.isOpen)
            #expect(connection.responder.asked.count <= 201)
            #expect(connection.responder.cancelled == connection.responder.asked.count)
        }
    }

    @Test("more streams than allowed end the connection, after the answers to those that were")
    func tooManyStreams() throws {
        var limits = HTTPLimits()
        limits.concurrentStreams = 2
        let connection = try Connection.opened(limits: limits)
        for index in 0..<4 { try connection.headers(1 + 2 * index, Connection.get) }
        #expect(connection.responder.asked.count == 2)
        #expect(try connection.frames().first { $0.type == 7 }?.code == 1)
        connection.finish(0, "a")
        #expect(connection.isOpen)
        connection.finish(1, "b")
        #expect(try connection.frames().filter { $0.type == 0 }.map(\.text) == ["a", "b"])
        #expect(!connection.isOpen)
    }

    @Test("spoiled frames never hang or crash a connection")
    func spoiledFrames() throws {
        var random = SeededGenerator(seed: 11)
        let maker = try Connection()
        let good =
            Connection.frame(4, 0, 0, []) + Connection.frame(4, 1, 0, [])
            + Connection.frame(1, 4, 1, try maker.block(Connection.post + [("content-length", "4")]))
            + Connection.frame(0, 0, 1, [1, 2]) + Connection.frame(8, 0, 0, [0, 0, 1, 0])
            + Connection.frame(0, 1, 1, [3, 4]) + Connection.frame(6, 0, 0, Array(repeating: 7, count: 8))
            + Connection.frame(1, 5, 3, try maker.block(Connection.get)) + Connection.frame(3, 0, 3, [0, 0, 0, 8])
            + Connection.frame(2, 0, 3, [0, 0, 0, 0, 9]) + Connection.frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0])
        for round in 0..<2000 {
            let connection = try Connection(StubResponder { _ in HTTPResponse(status: 200, body: [1]) })
            var bytes = good
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
                default: bytes.remove(at: index)
                }
            }
            let cut = round % 3 == 0 ? Int.random(in: bytes.indices, using: &random) : bytes.count
            connection.send(OpeningBytes.preface + bytes[..<cut])
            connection.send(Array(bytes[cut...]))
            connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            connection.channel.embeddedEventLoop.run()
            #expect(!connection.isOpen)
            #expect(connection.server.budget.inUse == 0)
        }
    }
}

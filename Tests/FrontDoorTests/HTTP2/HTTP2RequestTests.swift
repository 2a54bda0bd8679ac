import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP1
import Testing

@testable import FrontDoor

@Suite("HTTP/2 requests")
struct HTTP2RequestTests {
    typealias Connection = TestHTTP2Connection

    @Test("a request reaches the responder as one of HTTP/1.1 does")
    func request() throws {
        let connection = try Connection.opened()
        try connection.headers(
            1, Connection.post + [("x-a", "1"), ("cookie", "a=b"), ("cookie", "c=d"), ("te", "trailers")], end: false)
        connection.data(1, Array("ab".utf8))
        connection.data(1, Array("cd".utf8), end: true)
        let request = try #require(connection.responder.asked.first?.request)
        #expect(request.head.method == "POST")
        #expect(request.head.path == "/a")
        #expect(request.head.query == "b=c")
        #expect(request.head.authority == "localhost")
        #expect(request.head.headers["host"] == ["localhost"])
        #expect(request.head.headers["cookie"] == ["a=b; c=d"])
        #expect(!request.head.headers.contains { $0.name.hasPrefix(":") })
        #expect(request.body == Array("abcd".utf8))
        connection.responder.asked[0].exchange.finish(
            HTTPResponse(
                status: 201,
                headers: [
                    .init(name: "X-Answer", value: " yes\r\nevil: 1 "), .init(name: "Connection", value: "close"),
                    .init(name: "bad name", value: "x"), .init(name: "Transfer-Encoding", value: "chunked"),
                ], body: Array("answer".utf8)))
        let frames = try connection.frames(of: 1)
        #expect(frames.map(\.type) == [1, 0])
        #expect(frames[0].status == "201")
        #expect(frames[0].fields?["x-answer"] == ["yes  evil: 1"])
        #expect(frames[0].fields?["content-length"] == ["6"])
        #expect(frames[0].fields?["date"].count == 1)
        #expect(frames[0].fields?.count == 4)
        #expect(frames[1].text == "answer")
        #expect(frames[1].endsStream)
        #expect(connection.isOpen)
    }

    @Test("requests run side by side, and are answered in any order")
    func concurrent() throws {
        let connection = try Connection.opened()
        for stream in [1, 3, 5] { try connection.headers(stream, Connection.get) }
        #expect(connection.responder.asked.count == 3)
        connection.finish(2, "c")
        connection.finish(0, "a")
        connection.finish(1, "b")
        let bodies = try connection.frames().filter { $0.type == 0 }
        #expect(bodies.map(\.stream) == [5, 1, 3])
        #expect(bodies.map(\.text) == ["c", "a", "b"])
    }

    @Test(
        "heads that could mean two things are refused, and the connection lives on",
        arguments: [
            [("host", "evil")], [("host", "localhost"), ("host", "localhost")], [("x-a", "a\u{1}b")], [("x-a", " a")],
            [("x-a", "a\t")], [("content-length", "1")], [("expect", "200-ok")],
        ])
    func badHeads(_ more: [(String, String)]) throws {
        try refused(Connection.get + more)
    }

    @Test(
        "bad pseudo-header fields are refused",
        arguments: [
            (":method", "CONNECT "), (":method", "G T"), (":scheme", "ftp"), (":path", "a"), (":path", "/a#b"),
            (":path", "http://h/"), (":authority", ""),
        ])
    func badPseudoHeaders(_ name: String, _ value: String) throws {
        try refused(Connection.get.map { $0.0 == name ? (name, value) : $0 })
    }

    private func refused(_ fields: [(String, String)]) throws {
        let connection = try Connection.opened(StubResponder { _ in HTTPResponse(status: 200) })
        try connection.headers(1, fields)
        #expect(connection.responder.asked.isEmpty)
        let frames = try connection.frames(of: 1)
        // By us or by the library.
        #expect(frames.first?.status == "400" || frames.first?.code == 1)
        try connection.headers(3, Connection.get)
        #expect(try connection.frames(of: 3).first?.status == "200")
    }

    @Test(
        "what HTTP/2 forbids resets its stream only",
        arguments: [
            ("connection", "close"), ("transfer-encoding", "chunked"), ("keep-alive", "1"), ("upgrade", "h2c"),
            ("te", "gzip"), ("X-Upper", "1"), (":path", "/twice"), (":status", "200"), ("x-a", "1\r\nb: c"),
        ])
    func forbidden(_ name: String, _ value: String) throws {
        let connection = try Connection.opened(StubResponder { _ in HTTPResponse(status: 200) })
        var fields = Connection.get
        name.hasPrefix(":") ? fields.insert((name, value), at: 1) : fields.append((name, value))
        // By hand: the encoder would correct it.
        var block: [UInt8] = []
        for (name, value) in fields {
            block += [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        connection.send(Connection.frame(1, 5, 1, block))
        #expect(connection.responder.asked.isEmpty)
        #expect(try connection.frames(of: 1).map(\.code) == [1])
        try connection.headers(3, Connection.get)
        #expect(try connection.frames(of: 3).first?.status == "200")
    }

    @Test("a body of another length than announced is no request")
    func lengthMismatch() throws {
        let connection = try Connection.opened()
        try connection.headers(1, Connection.post + [("content-length", "3")], end: false)
        connection.data(1, [1, 2], end: true)
        #expect(connection.responder.asked.isEmpty)
        #expect(try connection.frames(of: 1).map(\.code) == [1])
    }

    @Test("large heads are answered, and cost no other stream")
    func largeHeads() throws {
        let many = (0..<300).map { ("x-\($0)", "y") }
        let wide = (0..<7).map { ("x-\($0)", String(repeating: "z", count: 10_000)) }
        let long = Connection.get.map { $0.0 == ":path" ? ("", "") : $0 }.filter { !$0.0.isEmpty }
        for fields in [
            Connection.get + many, Connection.get + wide,
            long + [(":path", "/" + String(repeating: "p", count: 17_000))],
        ] {
            let connection = try Connection.opened()
            let block = try connection.block(fields.sorted { $0.0.hasPrefix(":") && !$1.0.hasPrefix(":") })
            let pieces = stride(from: 0, to: block.count, by: 16_000).map {
                Array(block[$0..<min($0 + 16_000, block.count)])
            }
            for (index, piece) in pieces.enumerated() {
                let last: UInt8 = index == pieces.count - 1 ? 4 : 0
                connection.send(Connection.frame(index == 0 ? 1 : 9, last | (index == 0 ? 1 : 0), 1, piece))
            }
            #expect(connection.responder.refusals == [.head(.headTooLarge)])
            #expect(try connection.frames(of: 1).first?.status == "431")
            #expect(connection.isOpen)
        }
    }

    @Test("bodies are limited: announced, and as they come")
    func bodyLimit() throws {
        let connection = try Connection.opened(StubResponder(limit: 4))
        try connection.headers(1, Connection.post + [("content-length", "5")], end: false)
        #expect(try connection.frames(of: 1).map(\.status) == ["413"])
        try connection.headers(3, Connection.post, end: false)
        connection.data(3, [1, 2, 3, 4])
        #expect(connection.responder.refusals.count == 1)
        connection.data(3, [5])
        #expect(connection.responder.refusals == [.bodyTooLarge(limit: 4), .bodyTooLarge(limit: 4)])
        #expect(try connection.frames(of: 3).map(\.status) == ["413"])
        // The rest is thrown away; its end is the stream's.
        connection.data(3, [6], end: true)
        #expect(connection.responder.asked.isEmpty)
        #expect(connection.isOpen)
    }

    @Test("of a refused body a bounded rest is read, then the stream is reset")
    func refusedBody() throws {
        var limits = HTTPLimits()
        limits.discardedBody = 10
        let connection = try Connection.opened(StubResponder(limit: 2), limits: limits)
        try connection.headers(1, Connection.post, end: false)
        connection.data(1, [1, 2, 3])
        connection.data(1, Array(repeating: 0, count: 10))
        #expect(try connection.frames(of: 1).map(\.type) == [1])
        connection.data(1, [1])
        #expect(try connection.frames(of: 1).map(\.code) == [0])
        try connection.headers(3, Connection.post, end: false)
        connection.data(3, [1, 2, 3])
        _ = try connection.frames()
        connection.pass(10)
        #expect(try connection.frames(of: 3).map(\.code) == [0])
    }

    @Test("all bodies together are bounded, and given back")
    func budget() throws {
        var limits = HTTPLimits()
        limits.allBodies = 4
        let connection = try Connection.opened(limits: limits)
        try connection.headers(1, Connection.post, end: false)
        connection.data(1, [1, 2, 3])
        try connection.headers(3, Connection.post, end: false)
        connection.data(3, [1, 2])
        #expect(connection.responder.refusals == [.overloaded])
        #expect(try connection.frames(of: 3).first?.status == "503")
        connection.reset(1)
        #expect(connection.server.budget.inUse == 0)
    }

    @Test("a client that wants to be asked for its body is asked")
    func expectContinue() throws {
        let connection = try Connection.opened()
        try connection.headers(1, Connection.post + [("expect", "100-continue")], end: false)
        #expect(try connection.frames(of: 1).map(\.status) == ["100"])
        connection.data(1, [1], end: true)
        connection.finish(0)
        #expect(try connection.frames(of: 1).map(\.status) == ["200"])
    }

    @Test("trailers end a request")
    func trailers() throws {
        let connection = try Connection.opened()
        try connection.headers(1, Connection.post, end: false)
        connection.data(1, [1])
        try connection.headers(1, [("x-trailer", "1")])
        #expect(connection.responder.asked.first?.request.body == [1])
    }

    @Test("a HEAD's answer has no body but its length, 204 has neither")
    func bodiless() throws {
        let connection = try Connection.opened(
            StubResponder(immediate: { HTTPResponse(status: $0.head.method == "HEAD" ? 200 : 204, body: [1, 2, 3]) }))
        try connection.headers(1, [(":method", "HEAD")] + Connection.get.dropFirst())
        try connection.headers(3, Connection.get)
        let frames = try connection.frames().filter { $0.type <= 1 }
        #expect(frames.map(\.endsStream) == [true, true])
        #expect(frames.map { $0.fields?.first(name: "content-length") } == ["3", nil])
    }
}

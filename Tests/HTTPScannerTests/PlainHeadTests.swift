import HTTPScanner
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

struct PlainHeadTests {
    private func scan(_ text: String) -> (head: PlainHead, fields: [String])? {
        var text = text
        return text.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            var fields: [String] = []
            guard
                let head = PlainHead(
                    bytes,
                    field: { name, value in
                        fields.append(
                            String(decoding: bytes[name], as: UTF8.self) + "="
                                + String(decoding: bytes[value], as: UTF8.self))
                    })
            else { return nil }
            return (head, fields)
        }
    }

    @Test func `a plain head is read where it stands`() throws {
        let text =
            "POST /a/b?c=d HTTP/1.1\r\nHost: h\r\nX-Some:  two words \r\ncontent-LENGTH: 12\r\nEmpty:\r\n\r\nbody"
        let (head, fields) = try #require(scan(text))
        #expect(head.method == .post)
        #expect(head.bodyLength == 12)
        #expect(head.length == text.utf8.count - 4)
        #expect(head.target == 5..<13)
        #expect(fields == ["Host=h", "X-Some=two words", "content-LENGTH=12", "Empty="])
    }

    @Test(arguments: [
        "", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: h\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\r",
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: h\r\n\r\n", "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n",
        "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", "get / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\nHost: h\n\n",
        "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /#f HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /\u{e9} HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nA B: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA: \u{e9}\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nA: x\u{1}y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA: x\ry\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ])
    func `what is not plain, or not whole, is left to a parser`(text: String) {
        #expect(scan(text) == nil)
    }

    @Test func `very long heads and very many fields are not plain`() {
        let start = "GET / HTTP/1.1\r\nHost: h\r\n"
        #expect(scan(start + "A: " + String(repeating: "x", count: PlainHead.maximumLength) + "\r\n\r\n") == nil)
        #expect(scan(start + String(repeating: "A: x\r\n", count: PlainHead.maximumFields) + "\r\n") == nil)
        #expect(scan(start + String(repeating: "A: x\r\n", count: PlainHead.maximumFields - 1) + "\r\n") != nil)
    }

    private func trimmed(_ text: String) -> String {
        String(decoding: text.utf8.reversed().drop { $0 == 0x20 }.reversed(), as: UTF8.self)
    }

    /// What is plain means the same to a whole parser: the same fields, and above all the same end.
    @Test(arguments: 0..<50)
    func `the parser agrees`(seed: Int) throws {
        var random = Mutations(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1)
        var plain = 0
        for _ in 0..<40 {
            let text = random.request()
            guard let (head, fields) = scan(text) else { continue }
            plain += 1
            let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder()))
            defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
            let whole =
                Array(text.utf8.prefix(head.length)) + Array(repeating: UInt8(ascii: "b"), count: head.bodyLength)
            try channel.writeInbound(ByteBuffer(bytes: whole))
            guard case .head(let parsed) = try channel.readInbound(as: HTTPServerRequestPart.self) else {
                Issue.record("no head: \(text)")
                continue
            }
            // The parser leaves white space behind a value.
            #expect(parsed.headers.map { "\($0.name)=" + trimmed($0.value) } == fields)
            var body = 0
            var ended = false
            while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
                if case .body(let bytes) = part { body += bytes.readableBytes }
                if case .end = part { ended = true }
            }
            #expect(ended && body == head.bodyLength, "another end: \(text)")
        }
        #expect(plain > 0)
    }
}

/// Requests that are nearly right.
private struct Mutations: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func request() -> String {
        let lines = [
            "Host: localhost:4566", "Accept: */*", "Content-Length: 5", "X-Amz-Date: 20261121T000000Z",
            "connection: keep-alive",
            "Authorization: AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/lambda/aws4_request", "A:", "B:\tc",
        ]
        var bytes = Array("POST /2015-03-31/functions/f/invocations?Qualifier=1 HTTP/1.1\r\n".utf8)
        for line in lines where Int.random(in: 0..<4, using: &self) > 0 || line.hasPrefix("Host") {
            bytes += Array(line.utf8) + [13, 10]
        }
        bytes += [13, 10]
        if Bool.random(using: &self) {
            let at = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<3, using: &self) {
            case 0: bytes[at] = UInt8.random(in: 0..<128, using: &self)
            case 1: bytes.remove(at: at)
            default: bytes.insert(Array(" \t\r\n:,;\0a1".utf8).randomElement(using: &self) ?? 32, at: at)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

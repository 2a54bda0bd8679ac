import NIOHTTP1
import Testing

@testable import FrontDoor

@Suite("Malformed heads")
struct MalformedHeadTests {
    @Test(
        "heads that could be read in two ways are refused",
        arguments: [
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\nabc",
            "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: -3\r\n\r\nabc",
            "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x3\r\n\r\nabc",
            "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3.0\r\n\r\nabc",
            "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1 3\r\n\r\nabc",
            "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: abc\r\n\r\nabc",
            "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9223372036854775808\r\n\r\nabc",
            "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\nContent-Length: 3\r\n\r\nabc",
            "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\nabc",
            "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
            "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\nabc",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\n folded: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nna me: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nn\u{e9}: x\r\n\r\n",
            "G\u{e9}T / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",
            "GET /\u{e9}?\u{e9} HTTP/1.1\r\nHost: \u{e9}\r\nA: \u{e9}\r\nContent-Length: \u{e9}\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n",
            "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
            "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET nopath HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /a%2 HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /% HTTP/1.1\r\nHost: h\r\n\r\n",
            "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n",
            "NONSENSE / HTTP/1.1\r\nHost: h\r\n\r\n",
            "\u{16}\u{03}\u{01}\u{02}\u{00}\u{01}\u{00}\u{01}",
            "GET / HTTP/1.1\r\nHost: h\r\nExpect: the unexpected\r\n\r\n",
        ])
    func badHeads(_ text: String) throws {
        let connection = try TestConnection()
        try connection.send(text)
        #expect(connection.responder.asked.isEmpty)
        #expect(try connection.written().hasPrefix("HTTP/1.1 400"))
        connection.pass(60)
        #expect(!connection.isOpen)
    }

    @Test(
        "a refusal knows what was asked, as far as that can be told",
        arguments: [
            "PUT /b/k?x=y HTTP/1.1\r\nHost: h\r\nContent-Length: abc\r\nX-Own: 1\r\n\r\nabc",
            "PUT /b/k?x=y HTTP/1.1\r\nX-Own: 1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
            "PUT /b/k?x=y HTTP/1.1\r\nHost: h\r\nX-Own:1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
            "PUT /b/k?x=y HTTP/1.1\r\nHost: h\r\nX-Own: 1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        ])
    func salvage(_ text: String) throws {
        let connection = try TestConnection()
        try connection.send(text)
        #expect(connection.responder.asked.isEmpty)
        let head = try #require(connection.responder.refused.first)
        #expect(head?.method == "PUT")
        #expect(head?.path == "/b/k")
        #expect(head?.query == "x=y")
        #expect(head?.headers["x-own"] == ["1"])
    }

    @Test(
        "a refusal says what is wrong, in plain words",
        arguments: [
            (
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding"
            ),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding"
            ),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
                "more than one Content-Length"
            ),
            ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: three\r\n\r\n", "Content-Length is not one number"),
            ("GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", "% without two hexadecimal digits"),
            ("GET / HTTP/1.1\r\nHost: h\r\nna me: x\r\n\r\n", "a header that is not valid"),
            ("NONSENSE / HTTP/1.1\r\nHost: h\r\n\r\n", "an HTTP method"),
            ("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "begin with a size"),
        ])
    func refusalTexts(_ text: String, _ reason: String) throws {
        let connection = try TestConnection()
        try connection.send(text)
        guard case .head(let error)? = connection.responder.refusals.first else {
            Issue.record("not refused")
            return
        }
        #expect(error.message.hasPrefix("The request is malformed: it") || error.message.contains(": a chunk"))
        #expect(error.message.contains(reason), "\(error.message)")
    }
}

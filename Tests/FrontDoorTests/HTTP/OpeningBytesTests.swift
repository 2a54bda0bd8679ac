import NIOCore
import Testing

@testable import FrontDoor

@Suite("The first bytes of a connection")
struct OpeningBytesTests {
    private func opening(_ bytes: [UInt8], tls: Bool = true) -> OpeningBytes {
        OpeningBytes(ByteBuffer(bytes: bytes).readableBytesView, tls: tls)
    }

    @Test("tell what it speaks")
    func kinds() {
        #expect(opening([]) == .undecided)
        #expect(opening([0x16]) == .tls)
        #expect(opening([0x16], tls: false) == .http1)
        #expect(opening([0x80]) == .http1)
        #expect(opening(Array("GET / HTTP/1.1".utf8)) == .http1)
        #expect(opening(OpeningBytes.preface) == .http2)
        #expect(opening(OpeningBytes.preface + [0, 0]) == .http2)
    }

    @Test("methods that begin like the preface are told as soon as they differ")
    func prefixes() {
        #expect(opening(Array("P".utf8)) == .undecided)
        #expect(opening(Array("PO".utf8)) == .http1)
        #expect(opening(Array("PR".utf8)) == .undecided)
        #expect(opening(Array("PROPFIND".utf8)) == .http1)
        #expect(opening(Array("PRI * HTTP/1.1".utf8)) == .http1)
        #expect(opening(Array(OpeningBytes.preface.dropLast())) == .undecided)
    }

    @Test("a request that comes byte by byte is answered, a preface that is none refused")
    func connections() throws {
        let slow = try TestConnection(StubResponder { _ in HTTPResponse(status: 200) })
        for byte in "PUT / HTTP/1.1\r\nHost: h\r\n\r\n" { try slow.send(String(byte)) }
        #expect(try slow.written().hasPrefix("HTTP/1.1 200"))
        let odd = try TestConnection()
        try odd.send("PRI * HTTP/2.0\r\n\r\nGET")
        #expect(try odd.written().hasPrefix("HTTP/1.1 400"))
    }

    @Test("plain HTTP can be refused, in words")
    func required() throws {
        let connection = try TestConnection(requiresTLS: true)
        try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try connection.written().contains("HTTPS only"))
        #expect(connection.responder.asked.isEmpty)
        connection.pass(10)
        #expect(!connection.isOpen)
    }
}

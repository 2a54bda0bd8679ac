import NIOCore
import NIOHTTP1

/// Writes heads of answers. By hand, because an answer shall leave in one piece, and because no value that a service chose may
/// end a line.
enum ResponseWriter {
    enum Framing {
        case length(Int)
        case chunked
        /// To the end of the connection: HTTP/1.0 knows no chunks.
        case untilClose
        /// 204, 304.
        case noBody
    }

    static func writeHead(
        status: Int, headers: [HTTPResponse.Header], framing: Framing, keepAlive: Bool, http10: Bool, date: String,
        to buffer: inout ByteBuffer
    ) {
        let status = (100...999).contains(status) ? status : 500
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(status))
        buffer.writeStaticString(" ")
        buffer.writeString(HTTPResponseStatus(statusCode: status).reasonPhrase)
        buffer.writeStaticString("\r\nDate: ")
        buffer.writeString(date)
        buffer.writeStaticString("\r\n")
        for header in headers where !isOurs(header.name) {
            write(header, to: &buffer)
        }
        switch framing {
        case .length(let count):
            buffer.writeStaticString("Content-Length: ")
            buffer.writeString(String(count))
            buffer.writeStaticString("\r\n")
        case .chunked: buffer.writeStaticString("Transfer-Encoding: chunked\r\n")
        case .untilClose, .noBody: break
        }
        if !keepAlive {
            buffer.writeStaticString("Connection: close\r\n")
        } else if http10 {
            buffer.writeStaticString("Connection: keep-alive\r\n")
        }
        buffer.writeStaticString("\r\n")
    }

    static let interim = "HTTP/1.1 100 Continue\r\n\r\n"

    /// Headers that the connection itself decides about.
    private static func isOurs(_ name: String) -> Bool {
        switch name.utf8.count {
        case 4: name.lowercased() == "date"
        case 10: name.lowercased() == "connection"
        case 14: name.lowercased() == "content-length"
        case 17: name.lowercased() == "transfer-encoding"
        default: false
        }
    }

    private static func write(_ header: HTTPResponse.Header, to buffer: inout ByteBuffer) {
        guard !header.name.isEmpty, header.name.utf8.allSatisfy(isToken) else { return }
        buffer.writeString(header.name)
        buffer.writeStaticString(": ")
        if header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
            buffer.writeString(header.value)
        } else {
            buffer.writeBytes(header.value.utf8.map { $0 >= 0x20 && $0 != 0x7F ? $0 : 0x20 })
        }
        buffer.writeStaticString("\r\n")
    }

    /// What may stand in a name (RFC 9110, section 5.6.2).
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "#"),
            UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"),
            UInt8(ascii: "+"), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

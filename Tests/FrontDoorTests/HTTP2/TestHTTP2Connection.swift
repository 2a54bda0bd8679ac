import NIOCore
import NIOEmbedded
import NIOHPACK

@testable import FrontDoor

/// An HTTP/2 client's side by hand, of a connection without a network, with a clock of its own.
final class TestHTTP2Connection {
    /// A frame as it was written, with its fields if it has any.
    struct Frame: Equatable {
        var type: UInt8
        var flags: UInt8
        var stream: Int
        var payload: [UInt8]
        var fields: HPACKHeaders?

        var status: String? { fields?.first(name: ":status") }
        var endsStream: Bool { flags & 1 == 1 && type <= 1 }
        var text: String { String(decoding: payload, as: UTF8.self) }
        /// Of RST_STREAM and GOAWAY.
        var code: UInt8? { type == 3 || type == 7 ? payload.dropFirst(type == 7 ? 4 : 0).prefix(4).last : nil }
    }

    static let get: [(String, String)] = [
        (":method", "GET"), (":scheme", "http"), (":path", "/a?b=c"), (":authority", "localhost"),
    ]
    static let post = [(":method", "POST")] + get.dropFirst()

    let channel = EmbeddedChannel()
    let responder: StubResponder
    let server: HTTPServer<StubResponder>
    private var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
    private var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
    private var received = ByteBuffer()

    init(_ responder: StubResponder = StubResponder(), limits: HTTPLimits = HTTPLimits()) throws {
        self.responder = responder
        server = HTTPServer(
            responder: responder, limits: limits, budget: BodyBudget(limit: limits.allBodies),
            group: channel.embeddedEventLoop)
        try server.configure(channel)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// The preface and the settings of both sides, as every client begins.
    static func opened(
        _ responder: StubResponder = StubResponder(), limits: HTTPLimits = HTTPLimits()
    ) throws -> TestHTTP2Connection {
        let connection = try TestHTTP2Connection(responder, limits: limits)
        connection.send(OpeningBytes.preface + frame(4, 0, 0, []) + frame(4, 1, 0, []))
        _ = try connection.frames()
        return connection
    }

    static func frame(_ type: UInt8, _ flags: UInt8, _ stream: Int, _ payload: [UInt8]) -> [UInt8] {
        let (length, id) = (UInt32(payload.count), UInt32(stream))
        return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags]
            + [UInt8(id >> 24 & 255), UInt8(id >> 16 & 255), UInt8(id >> 8 & 255), UInt8(id & 255)] + payload
    }

    func send(_ bytes: [UInt8]) {
        channel.pipeline.fireChannelRead(ByteBuffer(bytes: bytes))
        channel.pipeline.fireChannelReadComplete()
        channel.embeddedEventLoop.run()
    }

    /// A field block for one HEADERS frame.
    func block(_ fields: [(String, String)]) throws -> [UInt8] {
        var buffer = ByteBuffer()
        try encoder.beginEncoding(allocator: ByteBufferAllocator())
        try encoder.append(headers: HPACKHeaders(fields))
        buffer = try encoder.endEncoding()
        return Array(buffer.readableBytesView)
    }

    /// A whole HEADERS frame.
    func headers(_ stream: Int, _ fields: [(String, String)], end: Bool = true) throws {
        send(Self.frame(1, 4 | (end ? 1 : 0), stream, try block(fields)))
    }

    func data(_ stream: Int, _ bytes: [UInt8], end: Bool = false) { send(Self.frame(0, end ? 1 : 0, stream, bytes)) }

    func reset(_ stream: Int) { send(Self.frame(3, 0, stream, [0, 0, 0, 8])) }

    func pass(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

    func drain() {
        channel.pipeline.fireUserInboundEventTriggered(DrainEvent())
        channel.embeddedEventLoop.run()
    }

    func finish(_ index: Int, _ text: String = "") {
        responder.asked[index].exchange.finish(HTTPResponse(status: 200, body: Array(text.utf8)))
        channel.embeddedEventLoop.run()
    }

    /// The frames that were written since the last time.
    func frames() throws -> [Frame] {
        while let data = try channel.readOutbound(as: ByteBuffer.self) {
            var data = data
            received.writeBuffer(&data)
        }
        var frames: [Frame] = []
        while let head = received.getBytes(at: received.readerIndex, length: 9) {
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            guard received.readableBytes >= 9 + length else { break }
            received.moveReaderIndex(forwardBy: 9)
            let payload = received.readBytes(length: length) ?? []
            let stream = head[5...].reduce(0) { $0 << 8 | Int($1) }
            var frame = Frame(type: head[3], flags: head[4], stream: stream, payload: payload)
            if frame.type == 1 {
                var block = ByteBuffer(bytes: payload)
                frame.fields = try decoder.decodeHeaders(from: &block)
            }
            frames.append(frame)
        }
        return frames
    }

    /// Of one stream.
    func frames(of stream: Int) throws -> [Frame] { try frames().filter { $0.stream == stream && $0.type != 8 } }

    var isOpen: Bool { channel.isActive }
}

import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL
import ServiceKit

/// The handlers of each protocol. All of them are put in on the channel's event loop.
extension HTTPServer {
    /// A connection that has said nothing yet.
    func addDetector(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(
            ProtocolDetector(limits: limits, tls: tls != nil) { opening in
                switch opening {
                case .tls: try self.addTLS(channel)
                case .http1 where self.requiresTLS: return .refused(Self.plainRefusal)
                case .http2 where self.requiresTLS: return .closed
                case .http2: try self.addHTTP2(channel, isSecure: false)
                case .http1, .undecided: try self.addHTTP1(channel, isSecure: false)
                }
                return .installed
            })
    }

    private func addTLS(_ channel: any Channel) throws {
        guard let tls else { throw ChannelError.inputClosed }
        try channel.pipeline.syncOperations.addHandlers([
            tls.makeHandler(),
            TLSNegotiation(timeout: limits.headTimeout) { negotiated in
                if negotiated == "h2" {
                    try self.addHTTP2(channel, isSecure: true)
                } else {
                    try self.addHTTP1(channel, isSecure: true)
                }
            },
        ])
    }

    func addHTTP1(_ channel: any Channel, isSecure: Bool) throws {
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = max(limits.headers, limits.requestLine)
        decoding.maxHeaderListSize = limits.headers + limits.requestLine
        decoding.maxHeaderFieldCount = limits.headerCount
        let handler = ConnectionHandler(
            responder: responder, limits: limits, budget: budget, isSecure: isSecure, now: channel.eventLoop.now)
        let decoder = ByteToMessageHandler(
            WitnessingDecoder(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: decoding)) {
                handler.undecodable($0)
            },
            maximumBufferSize: limits.headers + limits.requestLine)
        try channel.pipeline.syncOperations.addHandlers([
            RequestIntake(handler), decoder, handler,
        ])
    }

    func addHTTP2(_ channel: any Channel, isSecure: Bool) throws {
        let connection = HTTP2ConnectionHandler(limits: limits)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTP2Watch(limits: limits))
        _ = try pipeline.configureHTTP2Pipeline(
            mode: .server, connectionConfiguration: limits.http2Connection, streamConfiguration: limits.http2Stream,
            streamDelegate: HTTP2ConnectionHandler.Delegate(connection, eventLoop: channel.eventLoop)
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandler(
                    StreamHandler(
                        responder: self.responder, limits: self.limits, budget: self.budget, isSecure: isSecure,
                        now: stream.eventLoop.now))
            }
        }
        try pipeline.addHandler(connection)
    }

    /// To plain HTTP where TLS is required.
    private static var plainRefusal: ByteBuffer {
        let response = HTTPResponse.error(
            status: 400, code: "BadRequest", message: "This port takes HTTPS only: use an https:// endpoint.",
            requestID: RandomUUID.make())
        var buffer = ByteBuffer()
        ResponseWriter.writeHead(
            status: response.status, headers: response.headers, framing: .length(response.body.count), keepAlive: false,
            http10: false, date: HTTPDate.string(seconds: WallClock.seconds), to: &buffer)
        buffer.writeBytes(response.body)
        return buffer
    }
}

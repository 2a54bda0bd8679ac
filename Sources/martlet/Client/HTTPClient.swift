import NIOCore
import NIOHTTP1
import NIOPosix

/// One request to a server of this program, for its own commands.
struct HTTPClient {
    struct Response {
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]
    }

    struct Unreachable: Error, CustomStringConvertible {
        var endpoint: Endpoint
        var description: String {
            "Nothing answers at \(endpoint). Start it with `martlet up`, or name another with --endpoint."
        }
    }

    let endpoint: Endpoint

    func send(_ method: HTTPMethod, _ uri: String, headers: [(String, String)] = [], body: [UInt8] = []) async throws
        -> Response
    {
        let channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(5))
                .connect(host: endpoint.host, port: endpoint.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw Unreachable(endpoint: endpoint)
        }
        return try await channel.executeThenClose { inbound, outbound in
            var head = HTTPRequestHead(version: .http1_1, method: method, uri: uri)
            head.headers = HTTPHeaders(headers)
            if !head.headers.contains(name: "host") { head.headers.add(name: "Host", value: endpoint.authority) }
            head.headers.add(name: "Content-Length", value: String(body.count))
            head.headers.add(name: "Connection", value: "close")
            try await outbound.write(.head(head))
            if !body.isEmpty { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
            try await outbound.write(.end(nil))
            var response = Response(status: 0, headers: [:], body: [])
            for try await part in inbound {
                switch part {
                case .head(let head):
                    response.status = Int(head.status.code)
                    response.headers = head.headers
                case .body(let buffer):
                    response.body.append(contentsOf: buffer.readableBytesView)
                case .end:
                    return response
                }
            }
            guard response.status > 0 else { throw Unreachable(endpoint: endpoint) }
            return response
        }
    }
}

/// Where a server is.
struct Endpoint: CustomStringConvertible {
    var host: String
    var port: Int

    /// - Throws: ``SettingsError`` if it is no URL such as `http://localhost:4566`.
    init(_ url: String) throws {
        guard let match = url.wholeMatch(of: /http:\/\/([^\/:\[\]]+|\[[0-9a-fA-F:.]+\])(?::([0-9]{1,5}))?\/?/),
            let port = Int(match.2 ?? "80"),
            port <= 65535
        else { throw SettingsError("The endpoint is \(url); it should be such as http://localhost:4566.") }
        host = match.1.trimmingPrefix("[").description.replacing("]", with: "")
        self.port = port
    }

    /// As a `Host` header names it.
    var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    var description: String { "http://\(authority)" }
}

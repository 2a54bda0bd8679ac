import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

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

    /// The server's certificate is not one that this program was told to trust.
    struct Untrusted: Error, CustomStringConvertible {
        var endpoint: Endpoint
        var reason: String
        var description: String {
            "The certificate of \(endpoint) is not trusted (\(reason)). Name its authority's certificate with AWS_CA_BUNDLE, or the server's data folder with --data."
        }
    }

    /// The connection ended too early.
    struct Incomplete: Error, CustomStringConvertible {
        var description: String { "The answer broke off before it was complete." }
    }

    let endpoint: Endpoint
    /// PEM files with certificates to trust beside the system's. Those that cannot be read count as empty.
    var trust: [String] = []

    /// `receive` takes the body of a good answer as it comes; without it, the response has the body.
    func send(
        _ method: HTTPMethod, _ uri: String, headers: [(String, String)] = [], body: [UInt8] = [],
        receive: ((ByteBuffer) throws -> Void)? = nil
    ) async throws -> Response {
        let channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
        let tls = try endpoint.isSecure ? context() : nil
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(5))
                .connect(host: endpoint.host, port: endpoint.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let tls {
                            try channel.pipeline.syncOperations.addHandler(
                                NIOSSLClientHandler(context: tls, serverHostname: endpoint.serverName))
                        }
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw Unreachable(endpoint: endpoint)
        }
        do { return try await exchange(channel, method, uri, headers, body, receive) } catch let error as NIOSSLError {
            throw Untrusted(endpoint: endpoint, reason: Self.reason(error))
        } catch let error as NIOSSLExtraError {
            throw Untrusted(endpoint: endpoint, reason: error.description)
        } catch HTTPParserError.invalidEOFState {
            throw Incomplete()
        } catch let error as IOError where error.errnoCode == ECONNRESET {
            throw Incomplete()
        }
    }

    private func context() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.additionalTrustRoots = trust.compactMap { file in
            (try? NIOSSLCertificate.fromPEMFile(file)).map { .certificates($0) }
        }
        return try NIOSSLContext(configuration: configuration)
    }

    private static func reason(_ error: NIOSSLError) -> String {
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return "no known authority has signed it" }
        return text.contains("WRONG_VERSION_NUMBER") ? "the server does not speak TLS there" : text
    }

    private func exchange(
        _ channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>, _ method: HTTPMethod, _ uri: String,
        _ headers: [(String, String)], _ body: [UInt8], _ receive: ((ByteBuffer) throws -> Void)?
    ) async throws -> Response {
        try await channel.executeThenClose { inbound, outbound in
            var head = HTTPRequestHead(version: .http1_1, method: method, uri: uri)
            head.headers = HTTPHeaders(headers)
            if !head.headers.contains(name: "host") { head.headers.add(name: "Host", value: endpoint.authority) }
            head.headers.add(name: "Content-Length", value: String(body.count))
            head.headers.add(name: "Connection", value: "close")
            var parts = [HTTPClientRequestPart.head(head), .end(nil)]
            if !body.isEmpty { parts.insert(.body(.byteBuffer(ByteBuffer(bytes: body))), at: 1) }
            // A server that refuses the request by its head may have closed before all is written; its answer says why.
            do { try await outbound.write(contentsOf: parts) } catch ChannelError.ioOnClosedChannel {}
            var response = Response(status: 0, headers: [:], body: [])
            for try await part in inbound {
                switch part {
                case .head(let head):
                    response.status = Int(head.status.code)
                    response.headers = head.headers
                case .body(let buffer):
                    if let receive, (200..<300).contains(response.status) {
                        try receive(buffer)
                    } else {
                        response.body.append(contentsOf: buffer.readableBytesView)
                    }
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
    var isSecure = false

    /// - Throws: ``SettingsError`` if it is no URL such as `http://localhost:4566`.
    init(_ url: String) throws {
        guard let match = url.wholeMatch(of: /http(s?):\/\/([^\/:\[\]]+|\[[0-9a-fA-F:.]+\])(?::([0-9]{1,5}))?\/?/),
            let port = Int(match.3 ?? (match.1.isEmpty ? "80" : "443")),
            port <= 65535
        else { throw SettingsError("The endpoint is \(url); it should be such as http://localhost:4566.") }
        isSecure = !match.1.isEmpty
        host = match.2.trimmingPrefix("[").description.replacing("]", with: "")
        self.port = port
    }

    /// As a `Host` header names it.
    var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// What a certificate is asked for; addresses are compared with the connection's own.
    var serverName: String? {
        let isAddress = (try? SocketAddress(ipAddress: host, port: port)) != nil
        return isAddress ? nil : host
    }

    var description: String { "http\(isSecure ? "s" : "")://\(authority)" }
}

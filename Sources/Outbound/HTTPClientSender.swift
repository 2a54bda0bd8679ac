import AsyncHTTPClient
import NIOCore
import NIOHTTP1
public import NIOPosix
public import ServiceKit

/// Sends requests with connections that are kept for the next.
public final class HTTPClientSender: HTTPSender {
    private let group: MultiThreadedEventLoopGroup
    private let client: HTTPClient

    private static var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.timeout = .init(connect: .seconds(10))
        return configuration
    }

    public init(eventLoopGroup: MultiThreadedEventLoopGroup) {
        group = eventLoopGroup
        client = HTTPClient(eventLoopGroupProvider: .shared(eventLoopGroup), configuration: Self.configuration)
    }

    public func send(_ request: OutgoingRequest) async throws -> OutgoingResponse {
        do {
            return try await withThrowingTaskGroup(of: OutgoingResponse.self) { tasks in
                tasks.addTask { try await self.exchange(request) }
                // The body counts too: a server that sends it by the byte would hold the sender otherwise.
                tasks.addTask {
                    try await Task.sleep(for: request.timeout)
                    throw HTTPSendFailure("There was no whole answer within \(request.timeout).")
                }
                defer { tasks.cancelAll() }
                guard let response = try await tasks.next() else { throw CancellationError() }
                return response
            }
        } catch let failure as HTTPSendFailure {
            throw failure
        } catch let error as CancellationError {
            throw error
        } catch {
            throw HTTPSendFailure("\(error)")
        }
    }

    private func exchange(_ request: OutgoingRequest) async throws -> OutgoingResponse {
        guard let place = OutgoingPlace(request.url) else { throw HTTPSendFailure("The URL is not valid.") }
        guard request.reach == .internet else { return try await exchange(request, place, client) }
        // One client for one request: it connects to the address that was looked at, whatever the name means a moment later.
        var configuration = Self.configuration
        configuration.dnsOverride = [place.host: try await publicAddress(of: place)]
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.eventLoop.makeCompletedFuture {
                guard let address = channel.remoteAddress, AddressRule.admits(address) else { throw Self.closed(place) }
            }
        }
        let own = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        do {
            let response = try await exchange(request, place, own)
            try? await own.shutdown()
            return response
        } catch {
            try? await own.shutdown()
            throw error
        }
    }

    private func exchange(_ request: OutgoingRequest, _ place: OutgoingPlace, _ client: HTTPClient) async throws
        -> OutgoingResponse
    {
        var outgoing = HTTPClientRequest(url: place.url)
        outgoing.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        if let authorization = place.authorization {
            outgoing.headers.replaceOrAdd(name: "Authorization", value: authorization)
        }
        outgoing.body = .bytes(ByteBuffer(bytes: request.body))
        let (seconds, attoseconds) = request.timeout.components
        let limit = TimeAmount.seconds(seconds) + .nanoseconds(attoseconds / 1_000_000_000)
        let response = try await client.execute(outgoing, deadline: .now() + limit)
        var body: [UInt8] = []
        for try await piece in response.body {
            body += piece.readableBytesView.prefix(request.responseLimit - body.count)
            if body.count >= request.responseLimit { break }
        }
        return OutgoingResponse(
            status: Int(response.status.code),
            headers: response.headers.map { WebRequest.Header($0.name, $0.value) }, body: body)
    }

    /// An address of a place that is public, as text.
    private func publicAddress(of place: OutgoingPlace) async throws -> String {
        let (host, port) = (place.host, place.port)
        let address = try await NIOThreadPool.singleton.runIfActive {
            try SocketAddress.makeAddressResolvingHost(host, port: port)
        }
        guard AddressRule.admits(address), let text = address.ipAddress else { throw Self.closed(place) }
        return text
    }

    private static func closed(_ place: OutgoingPlace) -> HTTPSendFailure {
        HTTPSendFailure(
            "\(place.host) is an address of this machine or of a private network, which functions may not reach.")
    }

    /// Ends the connections.
    public func close() async { try? await client.shutdown() }
}

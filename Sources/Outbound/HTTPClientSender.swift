import AsyncHTTPClient
import NIOCore
import NIOHTTP1
public import NIOPosix
public import ServiceKit

/// Sends requests with connections that are kept for the next.
public final class HTTPClientSender: HTTPSender {
    private let client: HTTPClient

    public init(eventLoopGroup: MultiThreadedEventLoopGroup) {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.timeout = .init(connect: .seconds(10))
        client = HTTPClient(eventLoopGroupProvider: .shared(eventLoopGroup), configuration: configuration)
    }

    public func send(_ request: OutgoingRequest) async throws -> OutgoingResponse {
        var outgoing = HTTPClientRequest(url: request.url)
        outgoing.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        outgoing.body = .bytes(ByteBuffer(bytes: request.body))
        let (seconds, attoseconds) = request.timeout.components
        let limit = TimeAmount.seconds(seconds) + .nanoseconds(attoseconds / 1_000_000_000)
        do {
            let response = try await client.execute(outgoing, deadline: .now() + limit)
            var body: [UInt8] = []
            for try await piece in response.body {
                body += piece.readableBytesView.prefix(request.responseLimit - body.count)
                if body.count >= request.responseLimit { break }
            }
            return OutgoingResponse(
                status: Int(response.status.code),
                headers: response.headers.map { WebRequest.Header($0.name, $0.value) }, body: body)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw HTTPSendFailure("\(error)")
        }
    }

    /// Ends the connections.
    public func close() async { try? await client.shutdown() }
}

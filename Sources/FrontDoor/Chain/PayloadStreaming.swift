import Logging
import ServiceKit
import ServiceModel
import WireProtocols

extension Chain {
    /// Payloads up to this size leave in one piece with their heads.
    private static var smallPayload: Int { 64 * 1024 }

    /// Writes an answer whose payload is never held whole.
    func send(
        _ payload: any ByteSource, _ reply: Reply, _ request: ChainRequest, _ route: Route, _ exchange: Exchange
    ) async throws {
        var response = serialize(reply.output, request, route, status: reply.status)
        if let length = payload.length, length <= Self.smallPayload {
            response.body = try await payload.collect(limit: length, orThrow: .internalFailure)
            return finish(request, response, exchange)
        }
        if let length = payload.length { response.set("Content-Length", String(length)) }
        // What is wrong with the first piece can still be told.
        var piece = try await payload.nextBuffer()
        exchange.begin(response)
        do {
            while let bytes = piece {
                try await exchange.write(bytes)
                piece = try await payload.nextBuffer()
            }
            exchange.end()
        } catch is ExchangeClosed {
            // The client has gone, and with it the reason to read on.
        } catch {
            platform.logger.error(
                "A payload broke off",
                metadata: ["request": "\(request.id)", "error": "\(String(reflecting: error))"])
            exchange.abort()
        }
        logAccess(request, request.head, response)
    }
}

import Logging
import ServiceKit
import ServiceModel
import WireProtocols

extension Chain {
    /// Writes an answer of events as they come. Each leaves at once; the next is asked for when the connection can take it.
    func stream(
        _ events: AsyncThrowingStream<WireValue, any Error>, _ output: WireValue, _ request: ChainRequest,
        _ route: Route,
        _ exchange: Exchange
    ) async throws {
        guard let encoder = EventStreamEncoder(route.wire) else { throw AWSError.internalFailure }
        var head = response(encoder.start(output, requestID: request.id), request)
        let first = head.body
        head.body = []
        exchange.begin(head)
        do {
            if !first.isEmpty { try await exchange.write(first) }
            for try await event in events { try await exchange.write(encoder.event(event)) }
            if Task.isCancelled { throw ExchangeClosed() }
            exchange.end()
        } catch is ExchangeClosed {
            // The loop has left the stream: its producer sees that it is terminated.
        } catch {
            // Nothing but an event can still tell.
            let failure = error as? AWSError ?? .internalFailure
            if !(error is AWSError) {
                platform.logger.error(
                    "A stream failed unexpectedly",
                    metadata: ["request": "\(request.id)", "error": "\(String(reflecting: error))"])
            }
            try? await exchange.write(encoder.error(failure))
            exchange.end()
        }
        logAccess(request, request.head, head)
    }
}

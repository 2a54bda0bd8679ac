import NIOHTTP1
import ServiceKit
import ServiceModel
import WireProtocols

extension Chain {
    /// Bytes become a call.
    func parseAndValidate(_ request: ChainRequest, _ route: Route) throws -> Call {
        let input = try route.wire.parseInput(request.parts(withBody: true), labels: route.labels)
        try Validator.validate(input, route.operation, route.service)
        return Call(
            service: route.service.name, operation: route.operation.name, input: input, principal: request.principal,
            account: request.account, region: request.region, requestID: request.id,
            traceHeader: request.head.headers.first(name: "x-amzn-trace-id"),
            endpoint: endpoint(request),
            payload: request.payload, sourceAddress: request.connection.sourceAddress)
    }
}

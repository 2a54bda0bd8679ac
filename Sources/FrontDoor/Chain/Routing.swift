import ServiceKit
import ServiceModel
import WireProtocols

extension Chain {
    /// Most requests tell service and operation by their heads.
    func routeByHead(_ request: inout ChainRequest) throws {
        let parts = request.parts(withBody: false)
        if platform.router.needsBody(parts) { return }
        try route(&request, parts)
    }

    /// The others are requests of the query protocol.
    func routeByBody(_ request: inout ChainRequest) throws -> Route {
        if request.route == nil { try route(&request, request.parts(withBody: true)) }
        guard let route = request.route else { throw AWSError.internalFailure }
        guard platform.dispatcher.implements(route.service.name, route.operation.name) else {
            throw AWSError.notImplemented(service: route.service.name, operation: route.operation.name)
        }
        return route
    }

    private func route(_ request: inout ChainRequest, _ parts: HTTPRequestParts) throws {
        do throws(RoutingFailure) {
            let route = try platform.router.route(
                parts, signingName: request.signingName, host: request.hostRoute.service,
                bucket: request.hostRoute.bucket)
            request.route = route
            request.wire = route.wire
        } catch {
            request.wire = error.wire
            throw error.error
        }
    }
}

import ServiceKit
import ServiceModel
import WireProtocols

extension Chain {
    /// Asks the authorizer, and gives its refusal the code that the service's protocol has for it.
    func authorize(_ request: ChainRequest, _ route: Route) async throws {
        do {
            try await platform.dispatcher.authorize(
                request.principal, service: route.service.name, operation: route.operation.name,
                account: request.account)
        } catch var error as AWSError where error.shape == nil && error.code.hasPrefix("AccessDenied") {
            switch request.manner {
            case .s3, .query: (error.code, error.status) = ("AccessDenied", 403)
            case .json: (error.code, error.status) = ("AccessDeniedException", 400)
            case .rest: (error.code, error.status) = ("AccessDeniedException", 403)
            }
            throw error
        }
    }
}

import NIOCore
import ServiceKit

extension Chain {
    /// Unknown names are refused: they come from a page that had its own name point here, or from a mistake.
    func checkHost(_ request: inout ChainRequest) throws(AWSError) {
        let authority = request.head.authority
        if authority.isEmpty, request.head.isHTTP10 { return }
        guard let host = HostName(authority) else {
            throw AWSError("BadRequest", status: 400, message: "The Host header is malformed.")
        }
        if case .anyone = caller {
            guard platform.hosts.allows(host, localAddress: request.connection.localAddress?.ipAddress) else {
                throw AWSError(
                    "AccessDenied", status: 403,
                    message:
                        "The host name \(host.name) is not one of this server's. Allow it with --host-suffix \(host.name)."
                )
            }
        }
        guard let suffix = platform.hosts.suffix(of: host.name) else { return }
        request.hostRoute = HostRoute(name: host.name, suffix: suffix)
        if let region = request.hostRoute.region { request.region = region }
    }

    /// The region of requests that name none.
    var region: String {
        switch caller {
        case .anyone: platform.configuration.region
        case .sandbox(let identity): identity.region
        }
    }
}

import NIOHTTP1
import ServiceKit

extension Chain {
    static func foreignPage(_ origin: String?) -> AWSError {
        AWSError(
            "AccessDenied", status: 403,
            message: "Requests from the web page \(origin ?? "of another site") are not allowed. "
                + "Allow its origin with --allow-origin.")
    }

    /// Pages of other sites are refused unless an option allows them, or the bucket that they want to use.
    /// - Returns: the answer to an allowed page's preflight.
    func checkOrigin(_ request: inout ChainRequest) throws(AWSError) -> HTTPResponse? {
        // No browser sits behind a sandbox's socket.
        guard case .anyone = caller else { return nil }
        let headers = request.head.headers
        let origin = headers.first(name: "origin")
        let verdict = platform.origins.verdict(
            origin: origin, fetchSite: headers.first(name: "sec-fetch-site"), authority: request.head.authority,
            unguessable: request.presented.isPresigned)
        switch verdict {
        case .own:
            try checkNamelessPreflight(&request)
            return nil
        case .refused:
            guard let origin, let page = bucketPage(request, origin: origin) else { throw Self.foreignPage(origin) }
            request.page = page
            return nil
        case .allowed(let origin):
            if AdminRoutes.covers(request.head.path) {
                throw AWSError(
                    "AccessDenied", status: 403, message: "The paths of the platform are closed to other origins.")
            }
            request.allowedOrigin = origin
            guard request.head.method == "OPTIONS", headers.contains(name: "access-control-request-method") else {
                return nil
            }
            return OriginRules.preflight(
                origin: origin, requestedHeaders: headers.first(name: "access-control-request-headers"),
                privateNetwork: headers.first(name: "access-control-request-private-network") == "true")
        }
    }
}

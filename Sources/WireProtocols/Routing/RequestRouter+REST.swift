import ServiceKit
import ServiceModel

extension RequestRouter {
    /// REST services by the path; without a candidate each is asked, and S3, whose paths say nothing, last.
    func routeREST(
        _ request: HTTPRequestParts, _ candidates: [ServiceMetadata], bucket: String?, unknown: String?
    ) throws(RoutingFailure) -> Route {
        for service in candidates.isEmpty ? restServices : candidates {
            guard let kind = service.restProtocol, let model = model(service.name) else { continue }
            // Any path can be a bucket's; what is signed for another service is not.
            if candidates.isEmpty, unknown != nil, kind == .restXML { continue }
            let path = kind == .restXML && bucket != nil ? "/\(bucket ?? "")\(request.path)" : request.path
            let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
            var items: QueryItems?
            let match = model.routes.match(
                method: request.method, segments: segments,
                query: { name in
                    if items == nil { items = QueryItems((request.query ?? "").utf8) }
                    return items?[name]
                }, header: request.header)
            guard let match else { continue }
            let wire = WireProtocol(kind: kind, service: service, operation: match.operation)
            return Route(wire: wire, operation: match.operation, labels: match.labels)
        }
        if candidates.isEmpty, let unknown { throw unknownService(unknown, request) }
        throw failure(request, candidates, bucket: bucket)
    }

    /// The answer for a service that there is no model of, in the shape that its clients most likely read.
    func unknownService(_ name: String, _ request: HTTPRequestParts) -> RoutingFailure {
        let kind: WireProtocolKind? =
            request.header("content-type").map(RequestRouter.isForm) ?? false
            ? .query : ["route53", "cloudfront"].contains(name) ? .restXML : nil
        let service = kind.flatMap { kind in allServices.first { $0.protocols.contains(kind) } }
        let error = AWSError(
            "NotImplemented", status: 501, message: "The service \(name) is not implemented by Martlet.")
        guard let kind, let service else { return RoutingFailure(error: error, wire: nil) }
        return RoutingFailure(error: error, wire: WireProtocol(kind: kind, service: service))
    }

    private func failure(
        _ request: HTTPRequestParts, _ candidates: [ServiceMetadata], bucket: String?
    ) -> RoutingFailure {
        // Any path can be a bucket's: what no other service knows is for S3.
        let last = request.path == "/" ? nil : restServices.first { $0.restProtocol == .restXML }
        guard let service = candidates.first ?? last else {
            let message =
                "The service of the request cannot be told: it has no signature, no X-Amz-Target, no known host and no known path."
            return RoutingFailure(
                error: AWSError("UnknownOperationException", status: 404, message: message), wire: nil)
        }
        let kind = service.restProtocol ?? service.protocols.first ?? .json
        let wire = WireProtocol(kind: kind, service: service)
        switch kind {
        case .restXML: return RoutingFailure(error: Self.s3Failure(request, bucket: bucket), wire: wire)
        case .query:
            let message = "The request is missing an action or a required parameter."
            return RoutingFailure(error: AWSError("MissingAction", message: message), wire: wire)
        default:
            return RoutingFailure(error: AWSError("UnknownOperationException", status: 404, message: ""), wire: wire)
        }
    }

    /// What S3 says of a request that is for none of its operations.
    private static func s3Failure(_ request: HTTPRequestParts, bucket: String?) -> AWSError {
        if PercentCoding.decode(request.path[...]) == nil {
            return AWSError(
                "InvalidURI", status: 400, message: "Couldn't parse the specified URI.",
                fields: ["URI": .string(request.path)])
        }
        let names = request.path.split(separator: "/", maxSplits: 1).count + (bucket == nil ? 0 : 1)
        return AWSError(
            "MethodNotAllowed", status: 405, message: "The specified method is not allowed against this resource.",
            fields: [
                "Method": .string(request.method),
                "ResourceType": names == 0 ? "SERVICE" : names == 1 ? "BUCKET" : "OBJECT",
            ])
    }

    static func isForm(_ contentType: String) -> Bool {
        HeaderNames.hasPrefix(contentType, "application/x-www-form-urlencoded")
    }

    /// `1.0` or `1.1` if the content type says so.
    static func jsonVersion(_ contentType: String) -> String? {
        let prefix = "application/x-amz-json-"
        guard HeaderNames.hasPrefix(contentType, prefix) else { return nil }
        let version = String(contentType.dropFirst(prefix.count).prefix(3))
        return version == "1.0" || version == "1.1" ? version : nil
    }

    /// The parameters of a query request, undecoded: from the body, or from the query if there is no form.
    static func form(_ request: HTTPRequestParts) -> [UInt8] {
        let query = Array((request.query ?? "").utf8)
        guard request.method == "POST", !request.body.isEmpty else { return query }
        return query.isEmpty ? request.body : request.body + [UInt8(ascii: "&")] + query
    }
}

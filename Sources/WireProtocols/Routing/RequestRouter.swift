import ServiceKit
public import ServiceModel

/// Finds the service and the operation of a request: by the target header, the CBOR path, the action of a query, or the method and
/// path of a REST service, which the signature's scope or the host tells.
public struct RequestRouter: Sendable {
    private let models: ServiceModels
    var allServices: [ServiceMetadata] { models.services }
    /// S3's paths say nothing: it comes last.
    let restServices: [ServiceMetadata]

    public init(models: ServiceModels = .shared) {
        self.models = models
        let services = models.services
        restServices =
            services.filter { $0.restProtocol == .restJSON } + services.filter { $0.restProtocol == .restXML }
    }

    /// Whether routing has to look into the body: requests of the query protocol that name their action there.
    public func needsBody(_ request: HTTPRequestParts) -> Bool {
        request.method == "POST" && request.header("x-amz-target") == nil
            && request.header("content-type").map(RequestRouter.isForm) ?? false
    }

    /// Finds out what a request asks of whom.
    /// - Parameters:
    ///   - request: with the body if ``needsBody(_:)``.
    ///   - signingName: the service in the scope of the signature, if the request is signed.
    ///   - host: the first part of the host's name before the region, such as `lambda` or `stream-logs`, if it is one of AWS's form.
    ///   - bucket: the bucket that the host's name begins with, if it does.
    /// - Returns: protocol, service, operation, and what the path holds.
    /// - Throws: the error to answer, and the protocol to answer it in as far as that can be told.
    public func route(
        _ request: HTTPRequestParts, signingName: String? = nil, host: String? = nil, bucket: String? = nil
    ) throws(RoutingFailure) -> Route {
        let unknown = signingName.flatMap { models.services(signingName: $0).isEmpty ? $0 : nil }
        if let target = request.header("x-amz-target") { return try routeTarget(target, request, unknown: unknown) }
        if request.path.utf8.starts(with: "/service/".utf8), let route = try routeCBOR(request) { return route }
        let candidates = candidates(signingName: signingName, host: host)
        if request.method == "POST" || request.method == "GET", let route = try routeQuery(request, candidates) {
            return route
        }
        return try routeREST(request, candidates, bucket: bucket, unknown: unknown)
    }

    /// How an operation of a REST service is spoken to.
    public func wire(service: String, operation: String) -> WireProtocol? {
        guard let metadata = models.metadata(named: service), let kind = metadata.restProtocol else { return nil }
        return WireProtocol(
            kind: kind, service: metadata, operation: models.model(named: service)?.operation(operation))
    }

    func model(_ name: String) -> ServiceModel? { models.model(named: name) }

    /// What signature and host leave: a service, some, or none.
    private func candidates(signingName: String?, host: String?) -> [ServiceMetadata] {
        if let signingName {
            let named = models.services(signingName: signingName)
            if !named.isEmpty { return named.compactMap(models.metadata) }
        }
        guard let host else { return [] }
        if let name = models.service(endpointPrefix: host) { return models.metadata(named: name).map { [$0] } ?? [] }
        // Operations with a host prefix: `stream-logs`.
        for (index, byte) in host.utf8.enumerated() where byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") {
            let rest = String(host.dropFirst(index + 1))
            if let name = models.service(endpointPrefix: rest) {
                return models.metadata(named: name).map { [$0] } ?? []
            }
        }
        return []
    }

    private func routeTarget(
        _ target: String, _ request: HTTPRequestParts, unknown: String?
    ) throws(RoutingFailure) -> Route {
        let point = target.lastIndex(of: ".") ?? target.startIndex
        let prefix = String(target[..<point])
        let name = String(target[point...].drop { $0 == "." })
        let version = request.header("content-type").flatMap(RequestRouter.jsonVersion)
        guard let service = models.service(targetPrefix: prefix), let metadata = models.metadata(named: service) else {
            if let unknown { throw unknownService(unknown, request) }
            throw RoutingFailure(error: AWSError("UnknownOperationException", message: ""), wire: nil)
        }
        guard let operation = models.model(named: service)?.operation(name) else {
            let wire = WireProtocol(kind: .json, service: metadata, jsonVersion: version)
            throw RoutingFailure(error: AWSError("UnknownOperationException", message: ""), wire: wire)
        }
        let wire = WireProtocol(kind: .json, service: metadata, operation: operation, jsonVersion: version)
        return Route(wire: wire, operation: operation, labels: [])
    }

    /// - Returns: nil if the path has another form, as a bucket named `service` would give it.
    private func routeCBOR(_ request: HTTPRequestParts) throws(RoutingFailure) -> Route? {
        let parts = request.path.split(separator: "/")
        guard parts.count == 4, parts[2] == "operation" else { return nil }
        guard let service = models.service(targetPrefix: String(parts[1])),
            let metadata = models.metadata(named: service)
        else {
            return nil
        }
        guard let operation = models.model(named: service)?.operation(String(parts[3])) else {
            let wire = WireProtocol(kind: .rpcV2CBOR, service: metadata)
            throw RoutingFailure(error: AWSError("UnknownOperationException", status: 404, message: ""), wire: wire)
        }
        return Route(
            wire: WireProtocol(kind: .rpcV2CBOR, service: metadata, operation: operation), operation: operation,
            labels: [])
    }

    /// - Returns: nil if the request is none of the query protocol.
    private func routeQuery(_ request: HTTPRequestParts, _ candidates: [ServiceMetadata]) throws(RoutingFailure)
        -> Route?
    {
        let isForm = request.header("content-type").map(RequestRouter.isForm) ?? false
        let services = candidates.filter { $0.protocols.contains(.query) }
        guard candidates.isEmpty || !services.isEmpty, isForm || request.query?.contains("Action=") == true else {
            return nil
        }
        guard let items = QueryItems(RequestRouter.form(request)) else {
            guard let service = services.first else { return nil }
            throw RoutingFailure(
                error: AWSError(
                    "MalformedQueryString", status: 404, message: "The query string contains a syntax error"),
                wire: WireProtocol(kind: .query, service: service))
        }
        guard let action = items["Action"] else {
            guard let service = services.first else { return nil }
            throw RoutingFailure(
                error: AWSError("MissingAction", message: "The request is missing an action or a required parameter."),
                wire: WireProtocol(kind: .query, service: service))
        }
        let version = items["Version"]
        // A link that somebody follows is not signed, and says no version.
        let all =
            services.isEmpty
            ? models.services.filter { service in
                service.protocols.contains(.query)
                    && (version.map { $0 == service.apiVersion }
                        ?? (models.model(named: service.name)?.operation(action)?.allowsAnonymous == true))
            } : services
        for service in all {
            guard let operation = models.model(named: service.name)?.operation(action) else { continue }
            let wire = WireProtocol(kind: .query, service: service, operation: operation)
            return Route(wire: wire, operation: operation, labels: [])
        }
        guard let service = all.first else { return nil }
        let message =
            version.map { "Could not find operation \(action) for version \($0)" }
            ?? "The action \(action) is not valid for this endpoint."
        throw RoutingFailure(
            error: AWSError("InvalidAction", message: message), wire: WireProtocol(kind: .query, service: service))
    }
}

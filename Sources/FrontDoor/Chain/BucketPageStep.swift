import NIOHTTP1
import ServiceKit
import ServiceModel
import WireProtocols

/// Pages of other sites that use a bucket: the bucket's own CORS configuration decides.
extension Chain {
    /// - Returns: nil if the request concerns no bucket.
    func bucketPage(_ request: ChainRequest, origin: String) -> BucketPage? {
        guard platform.buckets != nil, !AdminRoutes.covers(request.head.path) else { return nil }
        let headers = request.head.headers
        let isPreflight = request.head.method == "OPTIONS"
        let asked = headers.first(name: "access-control-request-method")
        // What is asked for counts in other requests than preflights too, as on AWS; here if they change nothing.
        let isJudgedByAsked = isPreflight || Self.changesNothing(request)
        var page = BucketPage(
            bucket: "", origin: origin, method: isJudgedByAsked ? asked ?? request.head.method : request.head.method,
            isPreflight: isPreflight)
        if isJudgedByAsked {
            page.headers = headers["access-control-request-headers"].flatMap { $0.split(separator: ",") }.map {
                $0.trimmingPrefix { $0 == " " }.lowercased()
            }
        }
        if let form = objectForm(request) {
            page.bucket = form.bucket
            return page
        }
        var parts = request.parts(withBody: false)
        if isPreflight { parts.method = asked ?? "GET" }
        let route = try? platform.router.route(
            parts, signingName: request.signingName, host: request.hostRoute.service,
            bucket: request.hostRoute.bucket)
        guard let route, route.wire.kind == .restXML,
            let bucket = route.labels.first(where: { $0.name == "Bucket" })?.value
        else { return nil }
        page.bucket = bucket
        page.isOfObject = route.labels.contains { $0.name == "Key" }
        return page
    }

    private static func changesNothing(_ request: ChainRequest) -> Bool {
        request.head.method == "GET" || request.head.method == "HEAD"
    }

    /// Refuses a preflight that does not say for which site it asks. Others than browsers send it.
    func checkNamelessPreflight(_ request: inout ChainRequest) throws(AWSError) {
        guard request.head.method == "OPTIONS", !request.head.headers.contains(name: "origin"),
            bucketPage(request, origin: "") != nil
        else { return }
        request.wire = platform.router.wire(service: "s3", operation: "GetObject")
        throw AWSError(
            "BadRequest", status: 400, message: "Insufficient information. Origin request header needed.")
    }

    /// - Returns: the answer to a preflight; nil: the request may go on.
    /// - Throws: ``AWSError`` if it may not.
    func checkPage(_ request: inout ChainRequest, _ page: BucketPage) async throws -> HTTPResponse? {
        request.wire = platform.router.wire(service: "s3", operation: "GetObject")
        let rules = try await platform.buckets?.corsRules(bucket: page.bucket)
        let grant = rules?.lazy.compactMap {
            $0.grant(origin: page.origin, method: page.method, requestedHeaders: page.headers)
        }.first
        if let grant {
            request.pageHeaders = grant.map { HTTPResponse.Header(name: $0.name, value: $0.value) }
            guard page.isPreflight else { return nil }
            let headers = request.wire?.requestIDHeaders(request.id) ?? []
            return response(HTTPResponseParts(status: 200, headers: headers), request)
        }
        if page.isPreflight {
            throw AWSError(
                "AccessForbidden", status: 403,
                message: rules == nil
                    ? "CORSResponse: CORS is not enabled for this bucket."
                    : "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, "
                        + "request method / Access-Control-Request-Method or Access-Control-Request-Headers are not "
                        + "whitelisted by the resource's CORS spec.",
                fields: ["Method": .string(page.method), "ResourceType": page.isOfObject ? "OBJECT" : "BUCKET"])
        }
        // The page will not see the answer, and nothing changes.
        if Self.changesNothing(request) { return nil }
        throw Self.foreignPage(page.origin)
    }
}

/// A request of a page of another site for a bucket.
struct BucketPage: Sendable {
    var bucket: String
    var origin: String
    /// The method that is asked for, of a preflight and of what changes nothing.
    var method: String
    /// Those that are asked for, in lower case.
    var headers: [String] = []
    var isPreflight: Bool
    /// Whether it is for an object of the bucket.
    var isOfObject = false
}

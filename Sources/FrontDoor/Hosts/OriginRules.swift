/// Which web pages may call this server. A browser sends requests for any page; the page's `Origin` tells.
struct OriginRules: Sendable {
    /// Origins such as `http://localhost:3000`, or `*` for all.
    private let allowed: Set<String>

    init(allowed: [String]) { self.allowed = Set(allowed.map { $0.lowercased() }) }

    enum Verdict: Sendable, Equatable {
        /// No browser, or our own page.
        case own
        /// A foreign page that an option allows: the answer gets CORS headers for this origin.
        case allowed(String)
        case refused
    }

    /// - Parameters:
    ///   - origin: the `Origin` header.
    ///   - fetchSite: the `Sec-Fetch-Site` header, with which browsers mark also what they send without an origin.
    ///   - authority: the `Host` under which we were called.
    ///   - unguessable: the request carries its own right, such as a presigned URL, so that no page can forge it.
    /// - Returns: what becomes of the request.
    func verdict(origin: String?, fetchSite: String?, authority: String, unguessable: Bool) -> Verdict {
        guard let origin else {
            if fetchSite == "cross-site", !unguessable, !allowed.contains("*") { return .refused }
            return .own
        }
        let lower = origin.lowercased()
        let own = authority.lowercased()
        if lower == "http://" + own || lower == "https://" + own { return .own }
        if allowed.contains(lower) || allowed.contains("*") { return .allowed(origin) }
        return .refused
    }

    /// The headers that let a page read an answer.
    static func headers(for origin: String) -> [HTTPResponse.Header] {
        [
            HTTPResponse.Header(name: "Access-Control-Allow-Origin", value: origin),
            HTTPResponse.Header(name: "Vary", value: "Origin"),
            HTTPResponse.Header(
                name: "Access-Control-Expose-Headers",
                value:
                    "ETag, x-amz-executed-version, x-amz-function-error, x-amz-id-2, x-amz-log-result, x-amz-request-id, "
                    + "x-amz-version-id, x-amzn-errortype, x-amzn-requestid, x-amzn-trace-id"),
        ]
    }

    /// The answer to an allowed page's preflight.
    static func preflight(origin: String, requestedHeaders: String?, privateNetwork: Bool) -> HTTPResponse {
        var headers = headers(for: origin)
        headers.append(
            .init(name: "Access-Control-Allow-Methods", value: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"))
        if let requestedHeaders {
            headers.append(.init(name: "Access-Control-Allow-Headers", value: requestedHeaders))
        }
        if privateNetwork { headers.append(.init(name: "Access-Control-Allow-Private-Network", value: "true")) }
        headers.append(.init(name: "Access-Control-Max-Age", value: "600"))
        return HTTPResponse(status: 204, headers: headers)
    }
}

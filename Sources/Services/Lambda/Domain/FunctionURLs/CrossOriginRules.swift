import ServiceKit

/// Which web pages may call a function URL, and what they may see: https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html
///
/// Where there are rules they are the platform's affair: a browser's question is answered without the function, and what the function
/// says of it gives way.
struct CrossOriginRules: Sendable, Hashable, Codable {
    var allowCredentials: Bool?
    var allowHeaders: [String]?
    var allowMethods: [String]?
    var allowOrigins: [String]?
    var exposeHeaders: [String]?
    /// In seconds.
    var maxAge: Int?

    /// The answer to a preflight request; nil if the request is none.
    func preflight(_ request: WebRequest) -> WebResponse? {
        guard request.method == "OPTIONS", let origin = request["origin"],
            let method = request["access-control-request-method"]
        else { return nil }
        var response = WebResponse(status: 200)
        guard let allowed = allowedOrigin(origin) else { return response }
        response.headers = originHeaders(allowed)
        let methods = allowMethods ?? []
        if let list = Self.list(methods, asked: method, echoes: allowCredentials == true) {
            response.headers.append(.init("Access-Control-Allow-Methods", list))
        }
        let headers = allowHeaders ?? []
        let asked = request["access-control-request-headers"] ?? ""
        if let list = Self.list(headers, asked: asked, echoes: allowCredentials == true) {
            response.headers.append(.init("Access-Control-Allow-Headers", list))
        }
        response.headers.append(.init("Access-Control-Max-Age", String(maxAge ?? 0)))
        if request["access-control-request-private-network"] == "true" {
            response.headers.append(.init("Access-Control-Allow-Private-Network", "true"))
        }
        return response
    }

    /// Puts the rules into an answer of the function.
    func apply(to headers: inout [WebRequest.Header], origin: String?) {
        headers.removeAll { Self.own.contains($0.name.lowercased()) }
        guard let origin, let allowed = allowedOrigin(origin) else { return }
        headers += originHeaders(allowed)
        if let exposeHeaders, !exposeHeaders.isEmpty {
            headers.append(.init("Access-Control-Expose-Headers", exposeHeaders.joined(separator: ",")))
        }
    }

    /// What the function cannot say where there are rules.
    private static let own: Set<String> = [
        "access-control-allow-origin", "access-control-allow-credentials", "access-control-expose-headers",
        "access-control-allow-methods", "access-control-allow-headers", "access-control-max-age",
    ]

    private func originHeaders(_ allowed: String) -> [WebRequest.Header] {
        var headers = [WebRequest.Header("Access-Control-Allow-Origin", allowed)]
        if allowed != "*" { headers.append(.init("Vary", "Origin")) }
        if allowCredentials == true { headers.append(.init("Access-Control-Allow-Credentials", "true")) }
        return headers
    }

    /// What the page's origin is told; nil: it is not among those allowed.
    private func allowedOrigin(_ origin: String) -> String? {
        let allowed = allowOrigins ?? []
        // `*` gives no credentials away: browsers insist on the origin.
        if allowed.contains("*") { return allowCredentials == true ? origin : "*" }
        return allowed.contains { $0.lowercased() == origin.lowercased() } ? origin : nil
    }

    /// A list as a header has it. Beside credentials `*` would be taken literally, so what was asked for is repeated.
    private static func list(_ values: [String], asked: String, echoes: Bool) -> String? {
        if values.contains("*"), echoes { return asked.isEmpty ? nil : asked }
        return values.isEmpty ? nil : values.joined(separator: ",")
    }
}

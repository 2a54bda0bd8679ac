/// Knows of a bucket what the front door asks: which web pages may use it, of those of other sites, and where it is.
public protocol BucketPages: Sendable {
    /// The rules of a bucket's CORS configuration, in order; nil: it has none, or there is no such bucket.
    func corsRules(bucket: String) async throws -> [CrossOriginRule]?
    /// The region that requests for a bucket must be signed for; nil: there is no such bucket.
    func region(bucket: String) async throws -> String?
}

/// One rule of a CORS configuration: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
public struct CrossOriginRule: Sendable, Hashable {
    /// With at most one `*` each.
    public var origins: [String]
    public var methods: [String]
    /// Which headers a request may have, with at most one `*` each.
    public var headers: [String]
    public var exposedHeaders: [String]
    /// In seconds.
    public var maxAge: Int?

    public init(
        origins: [String], methods: [String], headers: [String] = [], exposedHeaders: [String] = [], maxAge: Int? = nil
    ) {
        self.origins = origins
        self.methods = methods
        self.headers = headers
        self.exposedHeaders = exposedHeaders
        self.maxAge = maxAge
    }

    /// What a page may be told whose request this rule allows, in the order in which S3 says it; nil: this rule does not allow it.
    /// `requestedHeaders` are those of a preflight.
    public func grant(
        origin: String, method: String, requestedHeaders: [String]
    ) -> [(name: String, value: String)]? {
        guard let matched = origins.first(where: { Self.matches(origin, $0) }), methods.contains(method),
            requestedHeaders.allSatisfy({ name in
                headers.contains { Self.matches(name.lowercased(), $0.lowercased()) }
            })
        else { return nil }
        var answer: [(name: String, value: String)] = [
            ("Access-Control-Allow-Origin", matched == "*" ? "*" : origin),
            ("Access-Control-Allow-Methods", methods.joined(separator: ", ")),
        ]
        if !requestedHeaders.isEmpty {
            answer.append(("Access-Control-Allow-Headers", requestedHeaders.joined(separator: ", ")))
        }
        if !exposedHeaders.isEmpty {
            answer.append(("Access-Control-Expose-Headers", exposedHeaders.joined(separator: ", ")))
        }
        if let maxAge { answer.append(("Access-Control-Max-Age", String(maxAge))) }
        if matched != "*" { answer.append(("Access-Control-Allow-Credentials", "true")) }
        answer.append(("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"))
        return answer
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        guard let star = pattern.utf8.firstIndex(of: UInt8(ascii: "*")) else { return text == pattern }
        let head = pattern[..<star]
        let tail = pattern[pattern.index(after: star)...]
        return text.utf8.count >= head.utf8.count + tail.utf8.count && text.hasPrefix(head) && text.hasSuffix(tail)
    }
}

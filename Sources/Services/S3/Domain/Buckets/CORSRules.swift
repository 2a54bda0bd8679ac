import ServiceKit
import ServiceModel

/// What pages of other origins may do with a bucket. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>.
public struct CORSRules: Sendable, Hashable {
    struct Rule: Sendable, Hashable {
        var origins: [String]
        var methods: [String]
        var headers: [String]
        var exposed: [String]
        var maxAge: Int64?
    }

    /// What an answer says to a page whose request a rule allows.
    public struct Permission: Sendable, Hashable {
        /// In the order in which they are written.
        public var headers: [(name: String, value: String)] {
            var headers = [("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Methods", methods)]
            if !allowedHeaders.isEmpty { headers.append(("Access-Control-Allow-Headers", allowedHeaders)) }
            if !exposed.isEmpty { headers.append(("Access-Control-Expose-Headers", exposed)) }
            if let maxAge { headers.append(("Access-Control-Max-Age", String(maxAge))) }
            if origin != "*" { headers.append(("Access-Control-Allow-Credentials", "true")) }
            headers.append(("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"))
            return headers.map { (name: $0.0, value: $0.1) }
        }

        var origin: String
        var methods: String
        var allowedHeaders: String
        var exposed: String
        var maxAge: Int64?
    }

    var rules: [Rule]

    init(_ stored: WireValue) {
        func texts(_ value: WireValue, _ name: String) -> [String] {
            value[name]?.listValue?.compactMap(\.stringValue) ?? []
        }
        rules =
            stored["CORSRules"]?.listValue?.map { rule in
                Rule(
                    origins: texts(rule, "AllowedOrigins"), methods: texts(rule, "AllowedMethods"),
                    headers: texts(rule, "AllowedHeaders"), exposed: texts(rule, "ExposeHeaders"),
                    maxAge: rule["MaxAgeSeconds"]?.integerValue)
            } ?? []
    }

    /// The first rule that allows a request.
    /// - Parameters:
    ///   - origin: the page's.
    ///   - method: that of the request, or the one that a preflight asks about.
    ///   - headers: those that a preflight asks about.
    public func permission(origin: String, method: String, headers: [String] = []) -> Permission? {
        for rule in rules where rule.methods.contains(method) {
            guard let pattern = rule.origins.first(where: { Self.matches($0, origin) }) else { continue }
            let isAllowed = headers.allSatisfy { header in
                rule.headers.contains { Self.matches($0.lowercased(), header.lowercased()) }
            }
            guard isAllowed else { continue }
            return Permission(
                origin: pattern == "*" ? "*" : origin, methods: rule.methods.joined(separator: ", "),
                allowedHeaders: headers.map { $0.lowercased() }.joined(separator: ", "),
                exposed: rule.exposed.joined(separator: ", "), maxAge: rule.maxAge)
        }
        return nil
    }

    /// One star stands for anything.
    private static func matches(_ pattern: String, _ text: String) -> Bool {
        guard let star = pattern.firstIndex(of: "*") else { return pattern == text }
        let head = pattern[..<star]
        let tail = pattern[pattern.index(after: star)...]
        return text.count >= head.count + tail.count && text.hasPrefix(head) && text.hasSuffix(tail)
    }

    /// Refuses what is no configuration.
    static func check(_ configuration: WireValue) throws {
        guard let rules = configuration["CORSRules"]?.listValue, (1...100).contains(rules.count) else {
            throw AWSError.malformedXML
        }
        for rule in rules {
            guard let methods = rule["AllowedMethods"]?.listValue, !methods.isEmpty,
                let origins = rule["AllowedOrigins"]?.listValue, !origins.isEmpty
            else { throw AWSError.malformedXML }
            for method in methods.compactMap(\.stringValue)
            where !["GET", "PUT", "HEAD", "POST", "DELETE"].contains(method) {
                throw AWSError.invalidRequest(
                    "Found unsupported HTTP method in CORS config. Unsupported method is \(method)")
            }
            for name in ["AllowedOrigins", "AllowedHeaders"] {
                for text in rule[name]?.listValue?.compactMap(\.stringValue) ?? []
                where text.filter({ $0 == "*" }).count > 1 {
                    let kind = name == "AllowedOrigins" ? "AllowedOrigin" : "AllowedHeader"
                    throw AWSError.invalidRequest("\(kind) \"\(text)\" can not have more than one wildcard.")
                }
            }
        }
    }
}

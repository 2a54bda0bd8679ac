import ServiceKit

/// Where a function URL is found: under a host name of its own, `<id>.lambda-url.<region>.localhost`, or below a path of the server's.
enum FunctionURLAddress {
    /// The path below which URLs are found by id. No bucket can have a name with an underscore, and no other API has paths of this form.
    static let path = "/_lambda-url/"

    /// The address for a caller that reached the server under `endpoint`, such as `http://localhost:4566`: by name with the same scheme,
    /// domain and port, and by path where it was addressed by a number that no name can be below of.
    static func text(id: String, region: String, endpoint: String) -> String {
        guard let scheme = endpoint.firstRange(of: "://") else {
            return "https://\(id).lambda-url.\(region).on.aws/"
        }
        let authority = endpoint[scheme.upperBound...]
        let isIPv6 = authority.hasPrefix("[")
        let end = isIPv6 ? authority.firstIndex(of: "]") : authority.firstIndex(of: ":")
        let host = end.map { authority[..<$0] } ?? authority
        let rest = end.map { authority[(isIPv6 ? authority.index(after: $0) : $0)...] } ?? ""
        if isIPv6 && host != "[::1" || isIPv4(host) && !host.hasPrefix("127.") {
            return "\(endpoint)\(path)\(id)/"
        }
        return "\(endpoint[..<scheme.upperBound])\(id).lambda-url.\(region).\(domain(of: host))\(rest)/"
    }

    /// The domain that a server addressed as `host` has its names in.
    static func domain(of host: some StringProtocol) -> String {
        let host = host.lowercased()
        if host.hasPrefix("[") || isIPv4(host) { return "localhost" }
        for suffix in ["localhost", "localhost.localstack.cloud"] where host == suffix || host.hasSuffix("." + suffix) {
            return suffix
        }
        for suffix in [".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws"] where host.hasSuffix(suffix) {
            return "on.aws"
        }
        // `lambda.us-east-1.example.com`
        var labels = host.split(separator: ".")[...]
        if labels.count > 2, labels.first == "lambda" {
            labels = labels.dropFirst()
            if labels.count > 2, let region = labels.first, FunctionReference.isRegion(region) {
                labels = labels.dropFirst()
            }
        }
        return labels.joined(separator: ".")
    }

    private static func isIPv4(_ host: some StringProtocol) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}

public import ServiceModel

/// What is known of the HTTP request that a call was, beside its input: what conditions of policies ask for.
public struct RequestFacts: Sendable {
    /// Where a request has its signature.
    public enum Proof: Sendable {
        case none, header, query, form
    }

    public var userAgent: String?
    public var referer: String?
    /// The header `x-amz-content-sha256`.
    public var contentHash: String?
    public var proof = Proof.none
    /// How it is signed: `AWS4-HMAC-SHA256`, or `AWS` by Signature Version 2.
    public var algorithm: String?
    /// When it was signed, if it says so.
    public var signed: Timestamp?
    /// The oldest version of TLS that the connection can have, such as `1.2`; nil: it is not encrypted.
    public var encryption: String?

    public init() {}
}

extension Call {
    /// The global condition keys that every request has or is known not to have, in lower case.
    public static let policyKeyNames: Set<String> = [
        "aws:securetransport", "aws:currenttime", "aws:epochtime", "aws:requestedregion", "aws:useragent",
        "aws:referer",
        "aws:sourceip",
    ]

    /// The global condition keys of the request, in lower case, beside those that its principal brings along.
    public func policyKeys(now: Timestamp) -> [String: String] {
        var keys = [
            // What comes from inside has no connection that could be listened to.
            "aws:securetransport": endpoint.isEmpty || endpoint.hasPrefix("https:") ? "true" : "false",
            "aws:currenttime": now.rfc3339, "aws:epochtime": String(now.milliseconds / 1000),
            "aws:requestedregion": region,
        ]
        keys["aws:sourceip"] = sourceAddress
        keys["aws:useragent"] = facts?.userAgent
        keys["aws:referer"] = facts?.referer
        return keys
    }
}

/// A request as the protocols read it: no network, no framework.
public struct HTTPRequestParts: Sendable {
    public var method: String
    /// Percent-encoded, as received, without the query.
    public var path: String
    /// What follows the question mark, as received; nil if there is none.
    public var query: String?
    /// In the order received; names in any case.
    public var headers: [(name: String, value: String)]
    /// The whole body, without transfer or `aws-chunked` encoding. Of a request that is being routed it may be empty, unless
    /// ``RequestRouter/needsBody(_:)`` says so.
    public var body: [UInt8]

    public init(
        method: String, path: String, query: String? = nil, headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The first value of a header, whatever the case of its name.
    public func header(_ name: String) -> String? {
        headers.first { HeaderNames.equal($0.name, name) }?.value
    }
}

enum HeaderNames {
    /// Whether two ASCII names are the same but for case. Copies nothing.
    static func equal(_ a: String, _ b: String) -> Bool {
        let a = a.utf8
        let b = b.utf8
        guard a.count == b.count else { return false }
        return zip(a, b).allSatisfy { lowered($0) == lowered($1) }
    }

    static func hasPrefix(_ name: String, _ prefix: String) -> Bool {
        guard name.utf8.count >= prefix.utf8.count else { return false }
        return zip(name.utf8, prefix.utf8).allSatisfy { lowered($0) == lowered($1) }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}

import NIOHTTP1

extension RequestHead {
    /// Takes a parsed head over, and refuses what could mean different things to different readers (RFC 9112, sections 3.2 and 6):
    /// request smuggling begins there.
    init(_ head: HTTPRequestHead) throws(HeadError) {
        if head.method == .CONNECT { throw .malformed("CONNECT is not supported") }
        let http10 = head.version == .http1_0
        guard http10 || head.version == .http1_1 else { throw .malformed("the HTTP version is not supported") }

        let target = try RequestTarget(head.uri)
        authority = try Self.authority(head, target: target, http10: http10)
        framing = try Self.framing(head.headers, http10: http10)
        method = head.method.rawValue
        path = target.path
        query = target.query
        headers = head.headers
        isHTTP10 = http10
        // After an upgrade the parser would stop; we never upgrade, so such a connection carries one request.
        keepAlive =
            head.isKeepAlive && !head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
        expectsContinue = try Self.expectsContinue(head.headers) && !http10
    }

    private static func authority(
        _ head: HTTPRequestHead, target: RequestTarget, http10: Bool
    ) throws(HeadError) -> String {
        let hosts = head.headers["host"]
        if hosts.count > 1 { throw .malformed("it has more than one Host header") }
        if let authority = target.authority { return authority }
        if let host = hosts.first { return host }
        if http10 { return "" }
        throw .malformed("it has no Host header")
    }

    private static func framing(_ headers: HTTPHeaders, http10: Bool) throws(HeadError) -> Framing {
        let lengths = headers["content-length"]
        let encodings = headers["transfer-encoding"]
        if !encodings.isEmpty {
            if !lengths.isEmpty { throw .malformed("it has both Content-Length and Transfer-Encoding") }
            if http10 { throw .malformed("HTTP/1.0 has no Transfer-Encoding") }
            guard encodings.count == 1, encodings[0].lowercased() == "chunked" else {
                throw .malformed("its Transfer-Encoding is not chunked")
            }
            return .chunked
        }
        guard let length = try contentLength(headers) else { return .none }
        return length == 0 ? .none : .length(length)
    }

    static func contentLength(_ headers: HTTPHeaders) throws(HeadError) -> Int? {
        let lengths = headers["content-length"]
        guard let first = lengths.first else { return nil }
        guard lengths.count == 1, !first.isEmpty, first.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let length = Int(first)
        else { throw .malformed("its Content-Length is not one number") }
        return length
    }

    static func expectsContinue(_ headers: HTTPHeaders) throws(HeadError) -> Bool {
        guard let value = headers.first(name: "expect") else { return false }
        guard value.lowercased() == "100-continue" else { throw .malformed("its Expect is not 100-continue") }
        return true
    }
}

/// The target of a request line, in origin form (`/path?query`), absolute form (`http://host/path`) or `*`.
struct RequestTarget: Equatable {
    var path: String
    var query: String
    var authority: String?

    init(_ uri: String) throws(HeadError) {
        for byte in uri.utf8 where byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "#") {
            throw .malformed("its target has a character that is not allowed there")
        }
        var rest = uri[...]
        if rest == "*" { rest = "/" }
        if !rest.hasPrefix("/") {
            let lower = rest.prefix(8).lowercased()
            guard lower.hasPrefix("http://") || lower.hasPrefix("https://") else {
                throw .malformed("its target is no path")
            }
            rest = rest.dropFirst(lower.hasPrefix("https://") ? 8 : 7)
            let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            authority = String(rest[..<end])
            rest = rest[end...]
        }
        if let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        } else {
            query = ""
        }
        path = rest.isEmpty ? "/" : String(rest)
        guard Self.isPercentEncoded(path) else { throw .malformed("its path has a % without two hexadecimal digits") }
    }

    private static func isPercentEncoded(_ path: String) -> Bool {
        var digits = 0
        for byte in path.utf8 {
            if digits > 0 {
                guard Character(UnicodeScalar(byte)).isHexDigit else { return false }
                digits -= 1
            } else if byte == UInt8(ascii: "%") {
                digits = 2
            }
        }
        return digits == 0
    }
}

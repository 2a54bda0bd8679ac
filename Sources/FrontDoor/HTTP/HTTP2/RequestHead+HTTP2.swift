import NIOHPACK
import NIOHTTP1

extension RequestHead {
    /// Takes the fields of an HTTP/2 request over. The library has refused what RFC 9113, section 8, forbids in any request (upper
    /// case, fields of a connection, pseudo-header fields twice or late, lengths that do not fit); here is refused what HTTP/1.1
    /// refuses, so that no step of the chain sees what it would not see there.
    init(_ fields: HPACKHeaders, endsHere: Bool, limits: HTTPLimits) throws(HeadError) {
        try Self.measure(fields, limits)
        let target = try Self.target(fields, limits)
        method = try Self.method(fields)
        guard let scheme = fields.first(name: ":scheme"), scheme == "http" || scheme == "https" else {
            throw .malformed("its :scheme is neither http nor https")
        }
        authority = try Self.authority(fields)
        headers = try Self.regular(fields, authority: authority)
        framing = try Self.framing(headers, endsHere: endsHere)
        expectsContinue = try Self.expectsContinue(headers)
        path = target.path
        query = target.query
        isHTTP10 = false
        // The stream ends with the answer; the connection does not.
        keepAlive = false
    }

    private static func measure(_ fields: HPACKHeaders, _ limits: HTTPLimits) throws(HeadError) {
        var (bytes, count) = (0, 0)
        for field in fields where !field.name.hasPrefix(":") {
            bytes += field.name.utf8.count + field.value.utf8.count
            count += 1
        }
        if bytes > limits.headers || count > limits.headerCount { throw .headTooLarge }
    }

    private static func target(_ fields: HPACKHeaders, _ limits: HTTPLimits) throws(HeadError) -> RequestTarget {
        guard let path = fields.first(name: ":path") else { throw .malformed("it has no :path") }
        if path.utf8.count > limits.requestLine { throw .headTooLarge }
        guard path.hasPrefix("/") || path == "*" else { throw .malformed("its :path is no path") }
        return try RequestTarget(path)
    }

    private static func method(_ fields: HPACKHeaders) throws(HeadError) -> String {
        guard let method = fields.first(name: ":method"), !method.isEmpty, method.utf8.count <= 32,
            method.utf8.allSatisfy(ResponseWriter.isToken)
        else { throw .malformed("its :method is none") }
        if method == "CONNECT" { throw .malformed("CONNECT is not supported") }
        return method
    }

    private static func authority(_ fields: HPACKHeaders) throws(HeadError) -> String {
        let hosts = fields["host"]
        if hosts.count > 1 { throw .malformed("it has more than one Host header") }
        guard let authority = fields.first(name: ":authority"), !authority.isEmpty else {
            guard let host = hosts.first, !host.isEmpty else {
                throw .malformed("it has no :authority and no Host header")
            }
            return host
        }
        if let host = hosts.first, host.lowercased() != authority.lowercased() {
            throw .malformed("its :authority and its Host header differ")
        }
        return authority
    }

    private static func regular(_ fields: HPACKHeaders, authority: String) throws(HeadError) -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.reserveCapacity(fields.count)
        // What HTTP/1.1 calls it: signatures cover the Host header.
        headers.add(name: "host", value: authority)
        var cookies: [String] = []
        for field in fields where !field.name.hasPrefix(":") && field.name != "host" {
            guard isValid(field.value) else {
                throw .malformed("the value of \(field.name) has characters that are not allowed there")
            }
            if field.name == "cookie" {
                cookies.append(field.value)
            } else {
                headers.add(name: field.name, value: field.value)
            }
        }
        // Split for the sake of compression (RFC 9113, section 8.2.3).
        if !cookies.isEmpty { headers.add(name: "cookie", value: cookies.joined(separator: "; ")) }
        return headers
    }

    /// No control characters, and no white space around it (RFC 9113, section 8.2.1).
    private static func isValid(_ value: String) -> Bool {
        let bytes = value.utf8
        guard let first = bytes.first, let last = bytes.last else { return true }
        return first != 0x20 && first != 0x09 && last != 0x20 && last != 0x09
            && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    private static func framing(_ headers: HTTPHeaders, endsHere: Bool) throws(HeadError) -> Framing {
        let length = try contentLength(headers)
        if endsHere {
            if let length, length > 0 { throw .malformed("its Content-Length does not fit its body") }
            return .none
        }
        return length.map { .length($0) } ?? .chunked
    }
}

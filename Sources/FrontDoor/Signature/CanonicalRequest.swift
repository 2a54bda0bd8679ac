import Crypto
import NIOHTTP1
import ServiceModel

/// The canonical form of a request, which is what a signature covers ("Create a signed AWS API request", IAM User Guide).
struct CanonicalRequest: Sendable {
    /// How path and query are taken from the wire. Clients differ in what they escape; servers of AWS accept both.
    enum Reading: Sendable, CaseIterable {
        /// The wire's own escapes.
        case asSent
        /// Decoded, and encoded anew.
        case normalized
    }

    let text: String

    init(
        _ head: RequestHead, signedHeaders: [String], payloadHash: String, presigned: Bool, isS3: Bool, reading: Reading
    ) {
        var out = "\(head.method)\n"
        out += Self.path(head.path, isS3: isS3, reading: reading)
        out += "\n"
        out += Self.query(head.query, dropSignature: presigned, reading: reading)
        out += "\n"
        for name in signedHeaders {
            out += "\(name):\(Self.value(of: name, in: head))\n"
        }
        out += "\n\(signedHeaders.joined(separator: ";"))\n\(payloadHash)"
        text = out
    }

    var hash: String { Hexadecimal.encode(SHA256.hash(data: Array(text.utf8))) }

    /// S3 signs the path as it is; the others normalise it and encode what is on the wire once more.
    static func path(_ path: String, isS3: Bool, reading: Reading) -> String {
        if isS3 {
            switch reading {
            case .asSent: return path
            case .normalized:
                var out: [UInt8] = []
                PercentCoding.encode(
                    PercentCoding.leniently(path, plusIsSpace: false), keepSlash: true, into: &out)
                return String(decoding: out, as: UTF8.self)
            }
        }
        let clean = withoutDotSegments(path)
        switch reading {
        case .asSent: return PercentCoding.encode(clean, keepSlash: true)
        case .normalized:
            var once: [UInt8] = []
            PercentCoding.encode(
                PercentCoding.leniently(clean, plusIsSpace: false), keepSlash: true, into: &once)
            var twice: [UInt8] = []
            PercentCoding.encode(once, keepSlash: true, into: &twice)
            return String(decoding: twice, as: UTF8.self)
        }
    }

    /// RFC 3986, section 5.2.4; empty segments go as well.
    static func withoutDotSegments(_ path: String) -> String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") {
            if segment == "." { continue }
            if segment == ".." {
                _ = segments.popLast()
            } else {
                segments.append(segment)
            }
        }
        if segments.isEmpty { return "/" }
        return "/" + segments.joined(separator: "/") + (path.hasSuffix("/") ? "/" : "")
    }

    private static func query(_ query: String, dropSignature: Bool, reading: Reading) -> String {
        if query.isEmpty { return "" }
        var pairs: [(name: [UInt8], value: [UInt8])] = QueryPairs(query).items.compactMap { item in
            if dropSignature, item.rawName == "X-Amz-Signature" { return nil }
            switch reading {
            case .asSent: return (Array(item.rawName.utf8), Array(item.rawValue.utf8))
            case .normalized: return (normalized(item.rawName), normalized(item.rawValue))
            }
        }
        pairs.sort { a, b in
            a.name == b.name ? a.value.lexicographicallyPrecedes(b.value) : a.name.lexicographicallyPrecedes(b.name)
        }
        var out: [UInt8] = []
        for (index, pair) in pairs.enumerated() {
            if index > 0 { out.append(UInt8(ascii: "&")) }
            out += pair.name
            out.append(UInt8(ascii: "="))
            out += pair.value
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func normalized(_ raw: Substring) -> [UInt8] {
        var out: [UInt8] = []
        PercentCoding.encode(PercentCoding.leniently(raw, plusIsSpace: true), keepSlash: false, into: &out)
        return out
    }

    /// All values of a header, trimmed, runs of spaces made one.
    private static func value(of name: String, in head: RequestHead) -> String {
        head.headers[name].map { value in
            value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
        }.joined(separator: ",")
    }
}

/// What `x-amz-content-sha256` says of a body.
enum PayloadMode: Sendable, Equatable {
    /// No such header: the body's own hash is signed.
    case hashed
    /// The hash, in hexadecimal.
    case declared(String)
    case unsigned
    /// `aws-chunked` framing. `literal` is the header's value, which is signed.
    case chunked(literal: String, AWSChunkedDecoder.Form)
    /// A form of `aws-chunked` that is not supported (ECDSA), or none at all.
    case unknown(String)

    static let unsignedLiteral = "UNSIGNED-PAYLOAD"

    init(_ header: String?) {
        guard let header else {
            self = .hashed
            return
        }
        switch header {
        case Self.unsignedLiteral: self = .unsigned
        case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD":
            self = .chunked(literal: header, .init(signed: true, trailers: false))
        case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER":
            self = .chunked(literal: header, .init(signed: true, trailers: true))
        case "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
            self = .chunked(literal: header, .init(signed: false, trailers: true))
        default:
            let isHash =
                header.utf8.count == 64
                && header.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
            self = isHash ? .declared(header.lowercased()) : .unknown(String(header.prefix(128)))
        }
    }
}

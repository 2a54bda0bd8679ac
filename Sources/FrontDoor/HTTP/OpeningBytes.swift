import NIOCore

/// What a connection speaks, as its first bytes tell.
enum OpeningBytes: Equatable {
    case http1
    /// Cleartext HTTP/2 with prior knowledge (RFC 9113, section 3.3).
    case http2
    case tls
    /// Too few bytes to tell.
    case undecided

    /// The client's connection preface (RFC 9113, section 3.4). No method of HTTP/1.1 begins so.
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    /// A TLS record with a handshake message.
    private static let handshake: UInt8 = 0x16

    init(_ bytes: ByteBufferView, tls: Bool) {
        guard let first = bytes.first else {
            self = .undecided
            return
        }
        if tls, first == Self.handshake {
            self = .tls
        } else if !zip(bytes, Self.preface).allSatisfy({ $0 == $1 }) {
            self = .http1
        } else {
            self = bytes.count >= Self.preface.count ? .http2 : .undecided
        }
    }
}

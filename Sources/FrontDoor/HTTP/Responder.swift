import NIOCore

/// Answers the requests of connections: the chain.
///
/// Both functions are called on the connection's event loop. ``answer(_:_:to:)`` may answer there and then, or hand the work to a
/// task and return; that is the seam through which a hot path can stay on the loop.
protocol Responder: Sendable {
    /// What ``admit(_:on:)`` found out and ``answer(_:_:to:)`` goes on with.
    associatedtype Ticket: Sendable

    /// Looks at a head before any of its body is read.
    func admit(_ head: RequestHead, on connection: ConnectionInfo) -> Admission<Ticket>
    /// Answers a request through `exchange`, now or later.
    /// - Returns: what to call, at most once, when the client has gone; nil if there is nothing to cancel.
    func answer(_ request: IncomingRequest, _ ticket: Ticket, to exchange: Exchange) -> (@Sendable () -> Void)?
    /// Who takes plain invocations of a connection at its door; nil if nobody does.
    func desk(for connection: ConnectionInfo) -> InvocationDesk?
    /// Answers what is refused while it arrives. `ticket` is nil if there was no good head.
    func refusal(_ reason: RefusalReason, _ head: RequestHead?, _ ticket: Ticket?) -> HTTPResponse
}

enum Admission<Ticket: Sendable>: Sendable {
    /// The body may come, up to `limit` bytes.
    case accept(Ticket, limit: Int)
    /// The request is answered at once; its body may come, up to `limit` bytes, as far as the answer's maker reads it.
    case stream(Ticket, limit: Int)
    /// Answered without the body.
    case refuse(HTTPResponse)
}

/// Why a request is refused while it arrives.
enum RefusalReason: Sendable, Equatable {
    case head(HeadError)
    case bodyTooLarge(limit: Int)
    /// All connections together hold too much.
    case overloaded
}

/// What is known of a connection.
struct ConnectionInfo: Sendable {
    /// The address that the client dialled, as the socket knows it.
    var localAddress: SocketAddress?
    var remoteAddress: SocketAddress? { didSet { sourceAddress = remoteAddress.flatMap(Self.text) } }
    /// Whose address the client has, as text: an IPv4 address is written as one, whatever socket it came by. Nil: it has none.
    private(set) var sourceAddress: String?
    /// Whether it came over TLS.
    var isSecure: Bool

    init(localAddress: SocketAddress? = nil, remoteAddress: SocketAddress? = nil, isSecure: Bool = false) {
        self.localAddress = localAddress
        self.remoteAddress = remoteAddress
        self.isSecure = isSecure
        sourceAddress = remoteAddress.flatMap(Self.text)
    }

    private static func text(_ address: SocketAddress) -> String? {
        guard let text = address.ipAddress else { return nil }
        let mapped = "::ffff:"
        return text.hasPrefix(mapped) && text.contains(".") ? String(text.dropFirst(mapped.count)) : text
    }
}

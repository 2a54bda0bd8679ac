import NIOHTTP1

/// The head of a request as the chain sees it: validated, its target split.
struct RequestHead: Sendable {
    var method: String
    /// The path as it came, percent-encoded; begins with `/`.
    var path: String
    /// What follows the `?`, as it came; empty if there is none.
    var query: String
    /// Names keep their case; look-ups ignore it.
    var headers: HTTPHeaders
    /// The authority under which the client reached us: the `Host` header, or that of an absolute target.
    var authority: String
    /// Whether the connection may be used again after the answer.
    var keepAlive: Bool
    var isHTTP10: Bool
    var expectsContinue: Bool
    var framing: Framing

    /// How long the body is.
    enum Framing: Sendable, Equatable {
        case none
        case length(Int)
        case chunked
    }
}

/// A request: what the chain answers.
struct IncomingRequest: Sendable {
    var head: RequestHead
    /// Empty if there is a stream.
    var body: [UInt8] = []
    /// What brings the body while it arrives.
    var stream: BodyStream?
}

/// What a client may cost before it has proved anything.
public struct HTTPLimits: Sendable, Equatable {
    /// Bytes of a request line. AWS documents 8 KB for some services; presigned URLs with session tokens need more.
    public var requestLine = 16 * 1024
    /// Bytes of all header fields of one request.
    public var headers = 64 * 1024
    /// How many header fields a request may have.
    public var headerCount = 256
    /// Bytes of a body if the operation has no limit of its own.
    public var body = 16 * 1024 * 1024
    /// Bytes of bodies that all connections together may hold while they arrive. What would exceed it is answered 503.
    public var allBodies = 1024 * 1024 * 1024
    /// Bytes of a refused body that are read and thrown away, so that the client sees the answer instead of a reset.
    public var discardedBody = 256 * 1024 * 1024
    /// From the first byte of a head to its last.
    public var headTimeout = Duration.seconds(20)
    /// Between two pieces of a body.
    public var bodyIdleTimeout = Duration.seconds(30)
    /// What a whole body may take, beside the time that it needs at ``bodyRate``.
    public var bodyTimeout = Duration.seconds(60)
    /// Bytes a second below which a body counts as stalled.
    public var bodyRate = 2048
    /// How long a connection may be silent between requests.
    public var idleTimeout = Duration.seconds(600)
    /// How long a client may leave an answer unread without any progress.
    public var writeTimeout = Duration.seconds(60)
    /// How long a call still runs after its client has closed its side. Half-closing clients get their answer if it comes within
    /// this time; of the others nobody can tell.
    public var abandonedCall = Duration.seconds(2)
    /// How long the rest of a refused request is read before the connection is cut.
    public var lingerTimeout = Duration.seconds(10)

    // HTTP/2 only.

    /// Requests that one connection may have open at a time.
    public var concurrentStreams = 256
    /// Bytes of one request's body that a client may send before they are taken: a payload of 6 MB in a few round trips.
    public var streamWindow = 1024 * 1024
    /// The same for all requests of a connection together.
    public var connectionWindow = 8 * 1024 * 1024
    /// Requests that a client may reset, or break, in 30 seconds; then its connection ends (CVE-2023-44487, "rapid reset").
    public var streamResets = 200
    /// PING, SETTINGS and PRIORITY frames in 30 seconds.
    public var controlFrames = 500

    public init() {}
}

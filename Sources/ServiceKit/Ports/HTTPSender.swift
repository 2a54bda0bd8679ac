/// Asks something of a server somewhere else, whose address a user has given.
public protocol HTTPSender: Sendable {
    /// Sends a request and reads the answer to its end. Redirects are answers like others: none is followed.
    /// - Throws: ``HTTPSendFailure``.
    func send(_ request: OutgoingRequest) async throws -> OutgoingResponse
}

/// What an ``HTTPSender`` sends.
public struct OutgoingRequest: Sendable, Hashable {
    public var method: String
    /// `http://…` or `https://…`; a user and a password in it are sent as the Authorization field.
    public var url: String
    public var headers: [WebRequest.Header]
    public var body: [UInt8]
    /// How long the whole exchange may take, to the end of the answer.
    public var timeout: Duration
    public var reach: Reach
    /// The bytes of the answer's body that are kept; what follows is not read.
    public var responseLimit: Int

    /// Which servers may be reached.
    public enum Reach: Sendable, Hashable {
        /// Those of the host and its networks too: for whoever runs them.
        case everywhere
        /// Public addresses that are not the host's own: for functions, which must reach no more this way than by their own network.
        case internet
    }

    public init(
        method: String = "POST", url: String, headers: [WebRequest.Header] = [], body: [UInt8] = [],
        timeout: Duration = .seconds(15), responseLimit: Int = 16_384, reach: Reach = .everywhere
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.responseLimit = responseLimit
        self.reach = reach
    }
}

/// The answer to an ``OutgoingRequest``.
public struct OutgoingResponse: Sendable, Hashable {
    public var status: Int
    public var headers: [WebRequest.Header]
    public var body: [UInt8]

    public init(status: Int, headers: [WebRequest.Header] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why there was no answer, in words for a log: the name is unknown, the connection was refused, the time is over.
public struct HTTPSendFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}

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
    /// How long the whole exchange may take.
    public var timeout: Duration
    /// The bytes of the answer's body that are kept; what follows is not read.
    public var responseLimit: Int

    public init(
        method: String = "POST", url: String, headers: [WebRequest.Header] = [], body: [UInt8] = [],
        timeout: Duration = .seconds(15), responseLimit: Int = 16_384
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.responseLimit = responseLimit
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

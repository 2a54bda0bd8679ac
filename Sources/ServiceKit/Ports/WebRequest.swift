/// A request that is no call of an AWS API, but one to a place that a user has made: the URL of a function.
public struct WebRequest: Sendable {
    public struct Header: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The id that the answer carries, and the invocation.
    public var id: String
    public var method: String
    /// As it came, percent-encoded; begins with `/`.
    public var path: String
    /// What follows the `?`, as it came.
    public var query: String
    /// In the order in which they came.
    public var headers: [Header]
    public var body: [UInt8]
    /// The name under which the place was addressed, without the port.
    public var domain: String
    public var port: Int
    public var isSecure: Bool
    /// The address of the client.
    public var source: String

    public init(
        id: String, method: String, path: String, query: String = "", headers: [Header] = [], body: [UInt8] = [],
        domain: String, port: Int, isSecure: Bool = false, source: String = "127.0.0.1"
    ) {
        self.id = id
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.domain = domain
        self.port = port
        self.isSecure = isSecure
        self.source = source
    }

    /// The first value of a header, by name in lower case.
    public subscript(name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
}

/// The answer to a ``WebRequest``.
public struct WebResponse: Sendable {
    /// 200 … 599.
    public var status: Int
    /// In the order in which they are written. What they hold is clean: tokens as names, no control characters in values.
    public var headers: [WebRequest.Header]
    public var body: [UInt8]
    /// What follows ``body``, if the answer is streamed. An error breaks it off.
    public var rest: AsyncThrowingStream<[UInt8], any Error>?

    public init(
        status: Int, headers: [WebRequest.Header] = [], body: [UInt8] = [],
        rest: AsyncThrowingStream<[UInt8], any Error>? = nil
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.rest = rest
    }
}

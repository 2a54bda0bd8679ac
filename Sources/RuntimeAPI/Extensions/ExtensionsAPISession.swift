public import Execution
public import NIOCore

/// What serves the extensions of one execution environment. Every call is made on the environment's event loop.
public protocol ExtensionsAPISession: AnyObject {
    /// An extension registers under `Lambda-Extension-Name`; with `Lambda-Extension-Accept-Feature: accountId` the answer names the
    /// account.
    func register(name: String?, wantsAccount: Bool, body: ByteBuffer) -> ExtensionsAPIAnswer
    /// An extension asks for its next event.
    /// - Returns: nil if the answer goes through `caller`, later.
    func next(identifier: String?, _ caller: any ExtensionsAPICaller) -> ExtensionsAPIAnswer?
    func failInitialization(identifier: String?, errorType: String?) -> ExtensionsAPIAnswer
    func failExit(identifier: String?, errorType: String?) -> ExtensionsAPIAnswer
    func subscribe(identifier: String?, body: ByteBuffer, api: TelemetrySubscription.API) -> ExtensionsAPIAnswer
    /// A connection that waited for an event is gone.
    func disconnected(_ caller: any ExtensionsAPICaller)
}

/// A connection of an extension that waits for an event.
public protocol ExtensionsAPICaller: AnyObject {
    func answer(_ answer: ExtensionsAPIAnswer)
}

/// An answer of the Extensions API, whose body is JSON.
public struct ExtensionsAPIAnswer: Sendable, Hashable {
    /// The HTTP status.
    public var status: Int
    public var headers: [Header]
    public var body: String

    public struct Header: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(status: Int = 200, headers: [Header] = [], body: String) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public init(_ refusal: ExtensionRefusal) {
        self.init(status: refusal.status, body: refusal.body)
    }

    /// An event, with an identifier of its own.
    public init(_ event: ExtensionEvent, identifier: String) {
        self.init(headers: [Header("Lambda-Extension-Event-Identifier", identifier)], body: event.body)
    }

    public static let accepted = ExtensionsAPIAnswer(status: 202, body: #"{"status":"OK"}"#)
    public static let subscribed = ExtensionsAPIAnswer(body: #""OK""#)

    var reason: String {
        switch status {
        case 200: "OK"
        case 202: "Accepted"
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 413: "Request Entity Too Large"
        default: "Internal Server Error"
        }
    }
}

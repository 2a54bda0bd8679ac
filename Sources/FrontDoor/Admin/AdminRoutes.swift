import ServiceModel

/// The paths below `/_martlet/` and `/_localstack/`, which belong to the platform and to no service. They speak JSON,
/// unless they say otherwise.
///
/// They answer on the platform's own listener only, never on a sandbox's, and never to a request with a foreign `Origin`, whatever
/// origins are allowed elsewhere.
public struct AdminRoutes: Sendable {
    public struct Request: Sendable {
        public var method: String
        /// Percent-encoded, as received.
        public var path: String
        public var query: String
        public var body: [UInt8]
    }

    public struct Response: Sendable {
        public var status: Int
        public var contentType: String
        public var body: [UInt8]

        public init(status: Int = 200, contentType: String = "application/json", body: [UInt8]) {
            self.status = status
            self.contentType = contentType
            self.body = body
        }

        /// `{"message": …}`.
        public static func message(_ text: String, status: Int) -> Response {
            Response(status: status, body: JSONValue.object(("message", .string(text))).bytes(isSpaced: true))
        }
    }

    /// Who may ask.
    public enum Access: Sendable {
        /// Anybody who reaches the listener.
        case anyone
        /// What changes something: no browser at all (no `Origin`, no `Sec-Fetch-Site` but `none`), and with `--auth iam` a request
        /// that a root key signed for the service `martlet`.
        case owner
    }

    public typealias Handler = @Sendable (Request) async throws -> Response

    struct Entry: Sendable {
        var access: Access
        var handler: Handler
    }

    private var entries: [String: [String: Entry]] = [:]
    /// Folders of paths, each with a slash at its end.
    private var folders: [String: [String: Entry]] = [:]
    /// Beginnings and ends of paths outside of the platform's own.
    private var documents: [(prefix: String, suffix: String, entry: Entry)] = []

    public init() {}

    /// Adds a route, or replaces it. A path that ends with a slash stands for everything one level below it.
    public mutating func add(_ method: String, _ path: String, access: Access, _ handler: @escaping Handler) {
        if path.hasSuffix("/") {
            folders[path, default: [:]][method] = Entry(access: access, handler: handler)
            return
        }
        entries[path, default: [:]][method] = Entry(access: access, handler: handler)
    }

    /// Adds documents that are not below the platform's own paths, and that everybody may read, functions in sandboxes too: such as
    /// certificates. The names must be such that no service could have them.
    public mutating func addDocuments(prefix: String, suffix: String, _ handler: @escaping Handler) {
        documents.append((prefix, suffix, Entry(access: .anyone, handler: handler)))
    }

    func document(_ method: String, _ path: String) -> Entry? {
        guard method == "GET" || method == "HEAD" else { return nil }
        return documents.first { path.hasPrefix($0.prefix) && path.hasSuffix($0.suffix) }?.entry
    }

    /// The name that requests to ``Access/owner`` routes are signed for.
    public static let signingName = "martlet"

    static func covers(_ path: String) -> Bool {
        path == "/_martlet" || path.hasPrefix("/_martlet/") || path == "/_localstack" || path.hasPrefix("/_localstack/")
    }

    enum Lookup {
        case found(Entry)
        case wrongMethod(allowed: [String])
        case unknown
    }

    func find(_ method: String, _ path: String) -> Lookup {
        guard let methods = entries[path] ?? path.lastIndex(of: "/").flatMap({ folders[String(path[...$0])] }) else {
            return .unknown
        }
        if let entry = methods[method] ?? (method == "HEAD" ? methods["GET"] : nil) { return .found(entry) }
        return .wrongMethod(allowed: methods.keys.sorted())
    }
}

extension AdminRoutes {
    /// Health and reset. `services` are the models' names of what is there, `state` says a word such as `running`, and `reset` forgets
    /// all state; it is nil if that is not allowed, which is answered 403.
    public static func standard(
        version: String, services: [String], state: @escaping @Sendable () -> String,
        reset: (@Sendable () async throws -> Void)?
    ) -> AdminRoutes {
        var routes = AdminRoutes()
        let available = JSONValue.object(services.sorted().map { JSONValue.Member(name: $0, value: "available") })
        routes.add("GET", "/_martlet/health", access: .anyone) { _ in
            Response(
                body: JSONValue.object(
                    ("version", .string(version)), ("state", .string(state())), ("services", available)
                ).bytes(isSpaced: true))
        }
        routes.add("GET", "/_localstack/health", access: .anyone) { _ in
            Response(
                body: JSONValue.object(
                    ("services", available), ("edition", "community"), ("version", .string(version))
                ).bytes(isSpaced: true))
        }
        routes.add("POST", "/_martlet/reset", access: .owner) { _ in
            guard let reset else {
                return .message("Reset is not allowed: start with --ephemeral or --allow-reset.", status: 403)
            }
            try await reset()
            return Response(body: JSONValue.object(("state", .string(state()))).bytes(isSpaced: true))
        }
        return routes
    }
}

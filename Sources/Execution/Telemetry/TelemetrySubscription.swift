import Foundation

/// What an extension asks of the Telemetry API or the older Logs API, checked. Follows
/// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html and …/runtimes-logs-api.html.
public struct TelemetrySubscription: Sendable, Hashable {
    public enum API: Sendable, Hashable { case telemetry, logs }

    public enum Kind: String, Sendable, CaseIterable { case platform, function, `extension` }

    public enum Destination: Sendable, Hashable {
        /// A request per batch, with an array of events.
        case http(port: Int, path: String, method: String)
        /// A line per event.
        case tcp(port: Int)

        public var port: Int {
            switch self {
            case .http(let port, _, _), .tcp(let port): port
            }
        }
    }

    public struct Buffering: Sendable, Hashable {
        public static let items = (default: 10_000, range: 1_000...10_000)
        public static let bytes = (default: 262_144, range: 262_144...1_048_576)
        public static let milliseconds = (default: 1_000, range: 25...30_000)

        /// Events.
        public var maxItems = Buffering.items.default
        public var maxBytes = Buffering.bytes.default
        /// In milliseconds.
        public var timeout = Buffering.milliseconds.default

        public init() {}
    }

    /// Why a subscription is refused.
    public struct Refusal: Error, Sendable, Hashable {
        /// All that is wrong.
        public var message: String
        public var api: API

        public init(message: String, api: API) {
            self.message = message
            self.api = api
        }

        /// The body of the answer, whose HTTP status is 400.
        public var body: String {
            JSONText.object([
                ("errorMessage", message),
                ("errorType", api == .logs ? "Logs.ValidationError" : "ValidationError"),
            ])
        }
    }

    public static let maximumPort = 65_535
    private static let runtimePort = 9_001
    private static let hosts: Set<String> = ["sandbox.localdomain", "sandbox"]

    public var api: API
    public var schema: String
    /// In the order in which they were asked for.
    public var kinds: [Kind]
    public var buffering: Buffering
    public var destination: Destination

    /// Reads the body of the request.
    public init(json: some Collection<UInt8>, api: API) throws(Refusal) {
        guard let object = (try? JSONSerialization.jsonObject(with: Data(json))) as? [String: Any] else {
            throw Refusal(message: "The request body is no JSON object", api: api)
        }
        var problems: [String] = []
        self.api = api
        schema = Self.schema(object["schemaVersion"], api, &problems)
        buffering = Self.buffering(object["buffering"], &problems)
        let destination = Self.destination(object["destination"], api, &problems)
        kinds = Self.kinds(object["types"], &problems)
        self.destination = destination ?? .tcp(port: 0)
        guard problems.isEmpty else { throw Refusal(message: problems.joined(separator: "; "), api: api) }
    }

    private static func schema(_ value: Any?, _ api: API, _ problems: inout [String]) -> String {
        let known =
            api == .telemetry ? ["2022-07-01", "2022-12-13", "2025-01-29"] : ["2020-08-15", "2021-03-18"]
        guard let value else {
            if api == .telemetry { problems.append("schemaVersion is not provided") }
            return known[0]
        }
        guard let text = value as? String, known.contains(text) else {
            problems.append("schemaVersion is invalid, expected one of: \(known.joined(separator: ", "))")
            return known[0]
        }
        return text
    }

    private static func kinds(_ value: Any?, _ problems: inout [String]) -> [Kind] {
        guard let names = value as? [String], !names.isEmpty else {
            problems.append("types should not be empty")
            return []
        }
        var kinds: [Kind] = []
        for name in names {
            guard let kind = Kind(rawValue: name) else {
                problems.append("types contains an invalid type: \(name)")
                continue
            }
            if !kinds.contains(kind) { kinds.append(kind) }
        }
        return kinds
    }

    private static func buffering(_ value: Any?, _ problems: inout [String]) -> Buffering {
        var buffering = Buffering()
        guard let value, !(value is NSNull) else { return buffering }
        guard let object = value as? [String: Any] else {
            problems.append("buffering is invalid")
            return buffering
        }
        func number(_ name: String, _ limits: (default: Int, range: ClosedRange<Int>)) -> Int {
            guard let value = object[name], !(value is NSNull) else { return limits.default }
            guard let number = value as? Int, limits.range.contains(number) else {
                problems.append(
                    "buffering.\(name) should be between \(limits.range.lowerBound) and \(limits.range.upperBound)")
                return limits.default
            }
            return number
        }
        buffering.maxItems = number("maxItems", Buffering.items)
        buffering.maxBytes = number("maxBytes", Buffering.bytes)
        buffering.timeout = number("timeoutMs", Buffering.milliseconds)
        return buffering
    }

    private static func destination(_ value: Any?, _ api: API, _ problems: inout [String]) -> Destination? {
        guard let object = value as? [String: Any] else {
            problems.append("destination is not provided")
            return nil
        }
        let text = (object["URI"] ?? object["uri"]) as? String
        switch object["protocol"] as? String {
        case "HTTP":
            guard let text, let uri = URI(text), uri.scheme == "http" else {
                problems.append("URI is invalid")
                return nil
            }
            guard check(uri.host, uri.port, &problems), let port = uri.port else { return nil }
            let method = object["method"] as? String ?? "POST"
            guard ["POST", "PUT"].contains(method) else {
                problems.append("method is invalid, expected one of: POST, PUT")
                return nil
            }
            return .http(port: port, path: uri.path, method: method)
        case "TCP":
            if let text {
                guard let uri = URI(text), uri.scheme == "tcp" else {
                    problems.append("URI is invalid")
                    return nil
                }
                guard check(uri.host, uri.port, &problems), let port = uri.port else { return nil }
                return .tcp(port: port)
            }
            let port = object["port"] as? Int
            guard check("sandbox", port, &problems), let port else { return nil }
            return .tcp(port: port)
        default:
            problems.append("protocol is invalid, expected one of: HTTP, TCP")
            return nil
        }
    }

    private static func check(_ host: String, _ port: Int?, _ problems: inout [String]) -> Bool {
        if !hosts.contains(host) { problems.append("URI host is invalid, expected sandbox.localdomain or sandbox") }
        guard let port else {
            problems.append("URI port is not provided")
            return false
        }
        if port < 1 || port > maximumPort || port == runtimePort { problems.append("URI port is invalid: \(port)") }
        return true
    }

    /// As much of a URI as a destination has. Nothing in it may end a header's line.
    private struct URI {
        var scheme: String
        var host: String
        var port: Int?
        var path: String

        init?(_ text: String) {
            guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let mark = text.firstRange(of: "://") else {
                return nil
            }
            scheme = text[..<mark.lowerBound].lowercased()
            let rest = text[mark.upperBound...]
            let authority = rest.prefix { !"/?#".contains($0) }
            let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = parts.first else { return nil }
            host = first.lowercased()
            if parts.count == 2 {
                guard let number = Int(parts[1]) else { return nil }
                port = number
            }
            let path = rest.dropFirst(authority.count).prefix { $0 != "#" }
            self.path = path.hasPrefix("/") ? String(path) : "/" + path
        }
    }
}

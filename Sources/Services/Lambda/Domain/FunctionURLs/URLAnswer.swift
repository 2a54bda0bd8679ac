import Execution
import Foundation
import ServiceKit

/// What a function's answer becomes as an HTTP response:
/// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload
enum URLAnswer {
    /// The answer is not one of the forms that a function may answer in.
    struct Malformed: Error, Hashable {}

    /// The whole answer of a function: an object with `statusCode`, or any other JSON, which is then the body.
    static func response(_ payload: [UInt8]) throws(Malformed) -> WebResponse {
        if let streamed = try streamed(payload) { return streamed }
        // A custom runtime may answer nothing at all.
        if payload.isEmpty { return WebResponse(status: 200, headers: [jsonType]) }
        guard let parts = JSONParts(payload) else { throw Malformed() }
        switch parts {
        case .object(let members) where members["statusCode"] != nil:
            var response = try head(members)
            response.body = try body(members)
            if !response.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
                response.headers.append(jsonType)
            }
            return response
        // As AWS does, in difference to its documentation: without the quotes.
        case .string(let text): return WebResponse(status: 200, headers: [jsonType], body: Array(text.utf8))
        case .object, .array, .other:
            return WebResponse(status: 200, headers: [jsonType], body: JSONParts.compacted(payload[...]))
        }
    }

    /// The head of an answer that is streamed: JSON with `statusCode`, `headers` and `cookies`, none of which has to be there.
    static func head(prelude: [UInt8]) throws(Malformed) -> WebResponse {
        guard case .object(let members)? = JSONParts(prelude) else { throw Malformed() }
        return try head(members)
    }

    /// The answer of a function that streams, collected because its URL does not.
    private static func streamed(_ payload: [UInt8]) throws(Malformed) -> WebResponse? {
        guard payload.first == UInt8(ascii: "{") else { return nil }
        var prelude = HTTPResponsePrelude()
        guard case .complete(let json, let rest) = prelude.feed(payload) else { return nil }
        var response = try head(prelude: json)
        response.body = rest
        return response
    }

    // MARK: Parts

    private static let jsonType = WebRequest.Header("Content-Type", "application/json")

    private static func head(_ members: [String: ArraySlice<UInt8>]) throws(Malformed) -> WebResponse {
        var response = WebResponse(status: try status(members["statusCode"]))
        switch members["headers"].flatMap(JSONParts.init(part:)) {
        case nil, .other("null"): break
        case .object(let headers)?:
            for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
                guard let value = try scalar(value) else { continue }
                response.headers.append(try header(name, value))
            }
        default: throw Malformed()
        }
        switch members["cookies"].flatMap(JSONParts.init(part:)) {
        case nil, .other("null"): break
        case .array(let cookies)?:
            for cookie in cookies {
                guard case .string(let text)? = JSONParts(part: cookie) else { throw Malformed() }
                response.headers.append(try header("Set-Cookie", text))
            }
        default: throw Malformed()
        }
        guard response.headers.reduce(0, { $0 + $1.name.utf8.count + $1.value.utf8.count }) <= headLimit else {
            throw Malformed()
        }
        return response
    }

    /// How many bytes names and values of headers may have together; clients take no more either.
    private static let headLimit = 64 * 1024

    /// A number, or one in a string; 200 if there is none.
    private static func status(_ json: ArraySlice<UInt8>?) throws(Malformed) -> Int {
        let text: String
        switch json.flatMap(JSONParts.init(part:)) {
        case nil: return 200
        case .other(let number)?: text = number
        case .string(let number)? where number.utf8.allSatisfy({ (0x30...0x39).contains($0) }): text = number
        default: throw Malformed()
        }
        // An interim answer would leave the client waiting for another one.
        guard text.utf8.count <= 8, let number = Double(text), let status = Int(exactly: number),
            (200...599).contains(status)
        else { throw Malformed() }
        return status
    }

    private static func body(_ members: [String: ArraySlice<UInt8>]) throws(Malformed) -> [UInt8] {
        let text: [UInt8]
        switch members["body"].flatMap(JSONParts.init(part:)) {
        case .string(let string)?: text = Array(string.utf8)
        case nil, .other("null"): text = []
        case .object, .array, .other: text = JSONParts.compacted(members["body"] ?? [])
        }
        switch members["isBase64Encoded"].flatMap(JSONParts.init(part:)) {
        case nil, .other("false"), .other("null"): return text
        case .other("true"):
            guard let bytes = Data(base64Encoded: Data(text), options: .ignoreUnknownCharacters) else {
                throw Malformed()
            }
            return Array(bytes)
        default: throw Malformed()
        }
    }

    /// The text of a string, a number or a Boolean; nil for null.
    private static func scalar(_ json: ArraySlice<UInt8>) throws(Malformed) -> String? {
        switch JSONParts(part: json) {
        case .string(let text): return text
        case .other("null"): return nil
        case .other(let text): return text
        default: throw Malformed()
        }
    }

    /// Headers that say how a message is carried are not the function's to say: they keep their values under another name, as on AWS.
    private static let carried: Set<String> = [
        "connection", "content-length", "content-md5", "date", "expect", "host", "keep-alive", "max-forwards",
        "proxy-authenticate", "proxy-connection", "server", "te", "trailer", "transfer-encoding", "upgrade", "via",
        "www-authenticate",
    ]

    /// - Throws: for a name that is no token, and a value that would end its line.
    private static func header(_ name: String, _ value: String) throws(Malformed) -> WebRequest.Header {
        guard !name.isEmpty, name.utf8.count <= 1024, name.utf8.allSatisfy(isToken),
            value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
        else { throw Malformed() }
        let lower = name.lowercased()
        // The id in an answer is the invocation's.
        let isOurs = carried.contains(lower) || lower == "x-amzn-requestid" || lower == "x-amzn-trace-id"
        return .init(isOurs ? "x-amzn-Remapped-\(lower)" : name, value)
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

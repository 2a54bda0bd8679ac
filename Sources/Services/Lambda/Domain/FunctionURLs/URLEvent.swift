import Foundation
import ServiceKit
import ServiceModel

/// The event that a request to a function URL becomes: payload format 2.0,
/// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-request-payload
struct URLEvent: Sendable {
    var request: WebRequest
    var url: FunctionURLRecord
    /// Who signed, if the URL wants that.
    var caller: WebCaller?
    /// `X-Amzn-Trace-Id` as the function sees it.
    var trace: String
    var now: Timestamp

    /// The event as JSON.
    var json: [UInt8] {
        var json = JSONBuilder()
        let textBody = textBody
        json.object { json in
            json.member("version", "2.0")
            json.member("routeKey", "$default")
            json.member("rawPath", path)
            json.member("rawQueryString", request.query)
            if !cookies.isEmpty { json.member("cookies", cookies) }
            json.member("headers", headers)
            if !parameters.isEmpty { json.member("queryStringParameters", parameters) }
            json.member("requestContext", writeContext)
            if !request.body.isEmpty {
                if let text = textBody {
                    json.member("body", text)
                } else {
                    json.member("body", Data(request.body).base64EncodedString())
                }
            }
            json.member("isBase64Encoded", textBody == nil && !request.body.isEmpty)
        }
        return json.bytes
    }

    private func writeContext(_ json: inout JSONBuilder) {
        json.member("accountId", url.requiresSignature ? url.key.account : "anonymous")
        json.member("apiId", url.id)
        if let caller {
            json.member("authorizer") { json in
                json.member("iam") { json in
                    json.member("accessKey", caller.accessKeyID)
                    json.member("accountId", caller.principal.account)
                    json.member("callerId", caller.principal.userID)
                    json.member("cognitoIdentity", String?.none)
                    json.member("principalOrgId", String?.none)
                    json.member("userArn", caller.principal.arn)
                    json.member("userId", caller.principal.userID)
                }
            }
        }
        json.member("domainName", request.domain)
        json.member("domainPrefix", url.id)
        json.member("http") { json in
            json.member("method", request.method)
            json.member("path", path)
            json.member("protocol", "HTTP/1.1")
            json.member("sourceIp", request.source)
            if let agent = request["user-agent"] { json.member("userAgent", agent) }
        }
        json.member("requestId", request.id)
        json.member("routeKey", "$default")
        json.member("stage", "$default")
        json.member("time", Self.clock(now))
        json.member("timeEpoch", now.milliseconds)
    }

    // MARK: Parts

    /// Decoded, as AWS does in spite of the name.
    private var path: String {
        String(decoding: PercentCoding.leniently(request.path, plusIsSpace: false), as: UTF8.self)
    }

    /// By name in lower case, several values joined with commas; and what AWS's own front door adds.
    private var headers: [(String, String)] {
        let added = [
            ("x-amzn-trace-id", trace), ("x-forwarded-for", request.source),
            ("x-forwarded-port", String(request.port)), ("x-forwarded-proto", request.isSecure ? "https" : "http"),
        ]
        var given = request.headers.map { ($0.name.lowercased(), $0.value) }.filter { header in
            !Self.hopByHop.contains(header.0) && !added.contains { $0.0 == header.0 }
        }
        // Of a body that came in chunks.
        if !request.body.isEmpty, !given.contains(where: { $0.0 == "content-length" }) {
            given.append(("content-length", String(request.body.count)))
        }
        return Self.joined(given + added, separator: ",")
    }

    /// What is between the client and us, and nothing to the function.
    private static let hopByHop: Set<String> = [
        "connection", "expect", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    private var cookies: [String] {
        request.headers.filter { $0.name.lowercased() == "cookie" }.flatMap { header in
            header.value.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        .filter { !$0.isEmpty }
    }

    /// Decoded; several values of one name joined with commas.
    private var parameters: [(String, String)] {
        let pairs = request.query.split(separator: "&").map { item in
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decoded(pair[0]), pair.count > 1 ? Self.decoded(pair[1]) : "")
        }
        return Self.joined(pairs, separator: ",")
    }

    private static func decoded(_ text: Substring) -> String {
        String(decoding: PercentCoding.leniently(text, plusIsSpace: true), as: UTF8.self)
    }

    /// Pairs of the same name become one, where the first was.
    private static func joined(_ pairs: [(String, String)], separator: String) -> [(String, String)] {
        var places: [String: Int] = [:]
        var joined: [(name: String, values: [String])] = []
        for (name, value) in pairs {
            if let place = places[name] {
                joined[place].values.append(value)
            } else {
                places[name] = joined.count
                joined.append((name, [value]))
            }
        }
        return joined.map { ($0.name, $0.values.joined(separator: separator)) }
    }

    /// The body, if its type says that it is text, and it is.
    private var textBody: String? {
        guard request["content-encoding"] == nil, let type = request["content-type"], Self.isText(type) else {
            return nil
        }
        return String(validating: request.body, as: UTF8.self)
    }

    /// Whether bodies of a type are passed on as they are. Forms are not, as on AWS.
    static func isText(_ contentType: String) -> Bool {
        let end = contentType.firstIndex(of: ";") ?? contentType.endIndex
        let type = contentType[..<end].lowercased().trimmingCharacters(in: .whitespaces)
        if type.hasPrefix("text/") || type.hasSuffix("+json") || type.hasSuffix("+xml") { return true }
        return ["application/json", "application/javascript", "application/xml"].contains(type)
    }

    /// As in logs of web servers: `12/Mar/2020:19:03:58 +0000`.
    static func clock(_ time: Timestamp) -> String {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let text = Array(time.rfc3339.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
        let month = (Int(part(5..<7)) ?? 1) - 1
        let name = months.indices.contains(month) ? months[month] : ""
        return "\(part(8..<10))/\(name)/\(part(0..<4)):\(part(11..<19)) +0000"
    }
}

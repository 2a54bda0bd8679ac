import Crypto
import Foundation

/// Tokens of pages.
enum PageToken {
    /// An opaque token. What it was made for is hashed in, so that a token of another query, or an invented one, is refused.
    static func encode(_ parts: [String], for query: String) -> String {
        let body = parts.map { Data($0.utf8).base64EncodedString() }.joined(separator: "|")
        let text = "\(signature(body, query)).\(body)"
        return Data(text.utf8).base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(
            of: "/", with: "_"
        )
        .replacingOccurrences(of: "=", with: "")
    }

    static func decode(_ token: String, for query: String) -> [String]? {
        var text = token.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        while text.utf8.count % 4 != 0 { text += "=" }
        guard let data = Data(base64Encoded: text) else { return nil }
        let parts = String(decoding: data, as: UTF8.self).split(
            separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == signature(String(parts[1]), query) else { return nil }
        return parts[1].split(separator: "|", omittingEmptySubsequences: false).compactMap { part in
            Data(base64Encoded: String(part)).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    private static func signature(_ body: String, _ query: String) -> String {
        SHA256.hash(data: Data("\(query)\u{0}\(body)".utf8)).prefix(8).map { String($0, radix: 16) }.joined()
    }

    /// A token of GetLogEvents: `f/` or `b/`, 56 digits, `/s`.
    static func position(_ position: EventPosition, isForward: Bool) -> String {
        "\(isForward ? "f" : "b")/\(position.decimal)/s"
    }

    static func parsePosition(_ token: String) -> (position: EventPosition, isForward: Bool)? {
        let parts = token.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "f" || parts[0] == "b", parts[2] == "s",
            let position = EventPosition(decimal: parts[1])
        else {
            return nil
        }
        return (position, parts[0] == "f")
    }
}

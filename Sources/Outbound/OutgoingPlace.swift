import Foundation

/// Where a request goes: its URL without a user and a password, which are sent as a field instead.
struct OutgoingPlace: Sendable, Hashable {
    /// Without user and password.
    var url: String
    var host: String
    var port: Int
    /// `Basic …` (RFC 7617), if the URL has a user.
    var authorization: String?

    /// Nil for what is no URL of a web server.
    init?(_ text: String) {
        guard let start = text.range(of: "://") else { return nil }
        let end = text[start.upperBound...].firstIndex { "/?#".contains($0) } ?? text.endIndex
        var plain = text
        if let at = text[start.upperBound..<end].lastIndex(of: "@") {
            let parts = text[start.upperBound..<at].split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            func decoded(_ part: Substring?) -> String { part.map { $0.removingPercentEncoding ?? String($0) } ?? "" }
            let proof = "\(decoded(parts.first)):\(decoded(parts.count > 1 ? parts[1] : nil))"
            authorization = "Basic \(Data(proof.utf8).base64EncodedString())"
            plain.removeSubrange(start.upperBound...at)
        }
        // As the client reads it: the host has to be the very same.
        guard let parsed = URL(string: plain), let scheme = parsed.scheme?.lowercased(),
            scheme == "http" || scheme == "https", var host = parsed.host, !host.isEmpty
        else { return nil }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        url = plain
        self.host = host
        port = parsed.port ?? (scheme == "https" ? 443 : 80)
    }
}

import ServiceKit

/// Which queue.
struct QueueKey: Sendable, Hashable {
    var account: String
    var region: String
    var name: String

    var arn: String { "arn:aws:sqs:\(region):\(account):\(name)" }

    /// The address that clients send to, below the origin under which the caller has reached this server.
    func url(_ endpoint: String) -> String {
        (endpoint.isEmpty ? "https://sqs.\(region).amazonaws.com" : endpoint) + "/\(account)/\(name)"
    }

    init(account: String, region: String, name: String) {
        self.account = account
        self.region = region
        self.name = name
    }

    /// Nil for what is not the ARN of a queue.
    init?(arn text: String) {
        guard let arn = ARN(text), arn.service == "sqs", AccountID.isValid(arn.account), !arn.region.isEmpty,
            Self.isName(arn.resource)
        else { return nil }
        self.init(account: arn.account, region: arn.region, name: arn.resource)
    }

    /// Reads the queue from its address, of which there are several forms; only the path's last two parts tell the queue, and the host
    /// the region if it is one of AWS's. A name alone, which some clients send, is a queue of the caller's own.
    init?(url: String, account: String, region: String) {
        guard url.utf8.count <= 2048 else { return nil }
        let text = url.utf8
        var path = text[...]
        var host: Substring.UTF8View?
        if let scheme = Self.schemeEnd(text) {
            let end = text[scheme...].firstIndex(of: UInt8(ascii: "/")) ?? text.endIndex
            host = text[scheme..<end]
            path = text[end...]
        }
        while path.first == UInt8(ascii: "/") { path = path.dropFirst() }
        while path.last == UInt8(ascii: "/") { path = path.dropLast() }
        var owner = account
        var name = path
        if let slash = path.lastIndex(of: UInt8(ascii: "/")) {
            name = path[path.index(after: slash)...]
            let rest = path[..<slash]
            let start = rest.lastIndex(of: UInt8(ascii: "/")).map { rest.index(after: $0) } ?? rest.startIndex
            owner = String(Substring(rest[start...]))
            guard AccountID.isValid(owner) else { return nil }
        } else if host != nil {
            return nil
        }
        let queue = String(Substring(name))
        guard Self.isName(queue) else { return nil }
        self.init(account: owner, region: host.flatMap(Self.region) ?? region, name: queue)
    }

    /// Letters, digits, `-`, `_`, and the ending of FIFO queues.
    static func isName(_ name: String) -> Bool {
        let stem = name.hasSuffix(".fifo") ? name.utf8.dropLast(5) : name.utf8[...]
        return !stem.isEmpty && name.utf8.count <= 80
            && stem.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static func schemeEnd(_ text: String.UTF8View) -> String.Index? {
        for scheme in ["http://", "https://"] where text.starts(with: scheme.utf8) {
            return text.index(text.startIndex, offsetBy: scheme.utf8.count)
        }
        return nil
    }

    /// Of `sqs.eu-west-1.amazonaws.com`, `eu-west-1.queue.amazonaws.com`, `queue.amazonaws.com` (the first region) and the like of
    /// `localhost`; nil for other hosts.
    private static func region(_ host: Substring.UTF8View) -> String? {
        guard let first = host.first, first == UInt8(ascii: "s") || host.contains(UInt8(ascii: "q")) else { return nil }
        let labels = Substring(host).lowercased().split(separator: ".", omittingEmptySubsequences: false)
        if labels.count > 2, labels[0] == "sqs" || labels[0] == "queue", labels[1].contains("-") {
            return String(labels[1])
        }
        if labels.count > 2, labels[1] == "queue" { return String(labels[0]) }
        if labels.count > 2, labels[0] == "queue", labels[1] == "amazonaws" { return "us-east-1" }
        return nil
    }
}

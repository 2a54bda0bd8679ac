/// The names under which this server may be addressed. Any other name is a web page's trick (DNS rebinding) or a mistake.
struct HostRules: Sendable {
    /// The suffixes that always count, each itself and everything below it.
    static let builtIn = [
        "localhost", "localhost.localstack.cloud", "amazonaws.com", "amazonaws.com.cn", "api.aws", "on.aws",
    ]

    /// What clients put before the host's name for some operations, such as StartLiveTail: of `http://localhost:4566` they make
    /// `http://stream-localhost:4566`, which works where that name is in the hosts file.
    private static let prefixes = ["stream-", "streaming-"]

    private let suffixes: [String]

    init(additional: [String]) {
        suffixes =
            Self.builtIn + additional.map { $0.lowercased() }.map { $0.hasPrefix(".") ? String($0.dropFirst()) : $0 }
    }

    /// The suffix that `name` is, or is below of; the longest if there are several.
    func suffix(of name: String) -> String? {
        suffixes.filter { name == $0 || name.hasSuffix("." + $0) }.max { $0.utf8.count < $1.utf8.count }
    }

    /// Whether a request may name this host. `localAddress` is the address at which the connection arrived, as text; its own literal is
    /// a good name of it.
    func allows(_ host: HostName, localAddress: String?) -> Bool {
        if host.isIPv6 || host.isIPv4 {
            return host.name == "127.0.0.1" || host.name == "::1" || (localAddress.map { same($0, host.name) } ?? false)
        }
        return suffix(of: host.name) != nil
            || Self.prefixes.contains { host.name == $0 + "localhost" || host.name == $0 + "127.0.0.1" }
    }

    private func same(_ local: String, _ name: String) -> Bool {
        // An IPv4 client of an IPv6 socket.
        local == name || local == "::ffff:" + name
    }
}

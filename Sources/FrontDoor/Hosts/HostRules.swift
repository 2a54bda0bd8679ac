/// The names under which this server may be addressed. Any other name is a web page's trick (DNS rebinding) or a mistake.
struct HostRules: Sendable {
    /// The suffixes that always count, each itself and everything below it.
    static let builtIn = ["localhost", "localhost.localstack.cloud", "amazonaws.com", "on.aws"]

    /// What clients make of `localhost` for operations with a host prefix, such as StartLiveTail. No public name can be one of these.
    static let prefixedLocalhost: Set = ["stream-localhost"]

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
        return suffix(of: host.name) != nil || Self.prefixedLocalhost.contains(host.name)
    }

    private func same(_ local: String, _ name: String) -> Bool {
        // An IPv4 client of an IPv6 socket.
        local == name || local == "::ffff:" + name
    }
}

/// A parsed authority (`Host` header): a name or address, and a port.
struct HostName: Sendable, Hashable {
    /// In lower case, without a trailing dot; an IPv6 address without brackets.
    var name: String
    var port: Int?
    var isIPv6 = false

    /// nil for what is no authority: user information, empty labels, characters that no host name has.
    init?(_ authority: String) {
        var rest = authority[...]
        guard authority.utf8.count <= 512 else { return nil }
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            let address = rest[rest.index(after: rest.startIndex)..<end]
            guard address.contains(":"), address.utf8.allSatisfy({ Self.isHex($0) || $0 == 0x3A || $0 == 0x2E }) else {
                return nil
            }
            name = address.lowercased()
            isIPv6 = true
            rest = rest[rest.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
        } else {
            let end = rest.firstIndex(of: ":") ?? rest.endIndex
            var host = rest[..<end].lowercased()
            if host.hasSuffix(".") { host.removeLast() }
            guard !host.isEmpty, host.utf8.count <= 253,
                host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy({
                    !$0.isEmpty && $0.count <= 63 && $0.allSatisfy(Self.isLabel)
                })
            else { return nil }
            name = host
            rest = rest[end...]
        }
        if rest.isEmpty { return }
        let digits = rest.dropFirst()
        if digits.isEmpty { return }
        guard digits.utf8.count <= 5, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = Int(digits),
            port <= 65_535
        else { return nil }
        self.port = port
    }

    /// Four numbers with dots.
    var isIPv4: Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }

    private static func isLabel(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
    }
}

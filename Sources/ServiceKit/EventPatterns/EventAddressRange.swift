#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The addresses of a CIDR block, of IPv4 or IPv6.
struct EventAddressRange: Sendable, Hashable {
    private var network: [UInt8]
    private var bits: Int

    /// - Throws: ``EventPatternError``.
    init(_ text: String) throws(EventPatternError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw EventPatternError("Malformed CIDR, one '/' required") }
        guard let bits = Int(parts[1]) else { throw EventPatternError("Malformed CIDR, mask bits must be an integer") }
        guard bits >= 0 else { throw EventPatternError("Malformed CIDR, mask bits must not be negative") }
        guard let address = Self.address(String(parts[0])) else {
            throw EventPatternError("Nonstandard IP address: \(parts[0])")
        }
        guard bits <= address.count * 8 else {
            throw EventPatternError(
                "Malformed CIDR, only \(address.count * 8) mask bits allowed for IPv\(address.count == 4 ? 4 : 6)")
        }
        network = address
        self.bits = bits
    }

    func contains(_ text: String) -> Bool {
        guard let address = Self.address(text), address.count == network.count else { return false }
        let whole = bits / 8
        guard address.prefix(whole) == network.prefix(whole) else { return false }
        guard bits % 8 > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> (bits % 8))
        return address[whole] & mask == network[whole] & mask
    }

    private static func address(_ text: String) -> [UInt8]? {
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: size)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }
}

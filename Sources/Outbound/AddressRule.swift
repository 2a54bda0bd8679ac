import Glibc
import NIOCore

/// Which addresses may be reached for those who are not trusted with the host's own network: public ones, which are not the host's. The
/// same rule as that of the gateway of functions' networks (`launcher/gateway_policy.c`).
enum AddressRule {
    /// IANA's special-purpose addresses that are not globally reachable, and multicast: the first bytes and how many bits of them count.
    private static let closed: [(first: [UInt8], bits: Int)] = [
        ([0, 0, 0, 0], 8),
        ([10, 0, 0, 0], 8),
        ([100, 64, 0, 0], 10),
        ([127, 0, 0, 0], 8),
        // Link-local: 169.254.169.254 is the cloud's metadata service.
        ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24),
        ([192, 168, 0, 0], 16),
        ([198, 18, 0, 0], 15),
        // A cloud's host agent, on a public address.
        ([168, 63, 129, 16], 32),
        ([224, 0, 0, 0], 4),
        ([240, 0, 0, 0], 4),
    ]
    /// Of what is handed out for the internet: protocol assignments with Teredo, and 6to4. Both hold addresses of IPv4.
    private static let closed6: [(first: [UInt8], bits: Int)] = [
        ([0x20, 0x01, 0x00], 23),
        ([0x20, 0x02], 16),
    ]
    private static let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

    /// `address`: 4 or 16 bytes.
    static func isPublic(_ address: [UInt8]) -> Bool {
        switch address.count {
        case 4: !closed.contains { begins(address, $0.first, $0.bits) }
        case 16 where address.starts(with: mapped): isPublic(Array(address[12...]))
        // 2000::/3.
        case 16: address[0] & 0xE0 == 0x20 && !closed6.contains { begins(address, $0.first, $0.bits) }
        default: false
        }
    }

    /// Whether somebody who is not trusted may have a connection made to an address.
    static func admits(_ address: SocketAddress) -> Bool {
        guard let bytes = bytes(of: address), isPublic(bytes) else { return false }
        // The host's own addresses, public ones too.
        guard let devices = try? System.enumerateDevices() else { return false }
        return !devices.contains { $0.address.flatMap(Self.bytes) == bytes }
    }

    /// Nil for what is no address of an internet protocol.
    static func bytes(of address: SocketAddress) -> [UInt8]? {
        guard let text = address.ipAddress else { return nil }
        let (family, count) = address.protocol == .inet6 ? (AF_INET6, 16) : (AF_INET, 4)
        var bytes = [UInt8](repeating: 0, count: count)
        // A scope, which a link-local address has, is no part of it.
        return inet_pton(family, String(text.prefix { $0 != "%" }), &bytes) == 1 ? bytes : nil
    }

    private static func begins(_ address: [UInt8], _ first: [UInt8], _ bits: Int) -> Bool {
        for index in 0..<(bits + 7) / 8 {
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> min(8, bits - index * 8))
            if address[index] & mask != first[index] & mask { return false }
        }
        return true
    }
}

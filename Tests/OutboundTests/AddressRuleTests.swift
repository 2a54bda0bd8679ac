import NIOCore
import Testing

@testable import Outbound

/// Which addresses functions may have requests sent to.
struct AddressRuleTests {
    private func isPublic(_ text: String) throws -> Bool {
        AddressRule.isPublic(try #require(AddressRule.bytes(of: try SocketAddress(ipAddress: text, port: 80))))
    }

    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.9.9.9",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.168.1.1", "198.18.0.1", "198.19.255.255",
        "168.63.129.16", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.1.2.3",
        "64:ff9b::7f00:1", "2001::1", "2001:1ff::1", "2002:7f00:1::1", "100::1",
    ])
    func closed(address: String) throws { #expect(try !isPublic(address)) }

    @Test(arguments: [
        "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
        "169.253.1.1", "172.15.255.255", "172.32.0.1", "192.0.1.1", "192.167.1.1", "198.17.1.1", "198.20.1.1",
        "168.63.129.17", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8",
        "2001:4860:4860::8888",
    ])
    func open(address: String) throws { #expect(try isPublic(address)) }

    /// Whatever way a host is written.
    @Test(arguments: ["localhost", "2130706433", "0x7f.1", "127.1", "::1"]) func nobodyReachesTheHost(name: String)
        throws
    {
        let address = try SocketAddress.makeAddressResolvingHost(name, port: 80)
        #expect(!AddressRule.admits(address))
    }
}

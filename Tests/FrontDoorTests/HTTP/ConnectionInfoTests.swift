import NIOCore
import Testing

@testable import FrontDoor

@Suite("What is known of a connection")
struct ConnectionInfoTests {
    @Test(
        "a client's address is written as AWS writes it",
        arguments: [
            ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::1"),
            ("::1", "::1"),
        ])
    func address(_ given: String, _ text: String) throws {
        var info = ConnectionInfo()
        #expect(info.sourceAddress == nil)
        info.remoteAddress = try SocketAddress(ipAddress: given, port: 1)
        #expect(info.sourceAddress == text)
        info = ConnectionInfo(remoteAddress: try SocketAddress(ipAddress: given, port: 1))
        #expect(info.sourceAddress == text)
        info.remoteAddress = try SocketAddress(unixDomainSocketPath: "/a")
        #expect(info.sourceAddress == nil)
    }
}

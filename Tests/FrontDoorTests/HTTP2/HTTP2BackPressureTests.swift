import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import FrontDoor

@Suite("Back-pressure over HTTP/2")
struct HTTP2BackPressureTests {
    @Test("a streamed answer waits for the client's window, and goes on with it")
    func window() async throws {
        let responder = StubResponder()
        let server = HTTPServer(
            responder: responder, limits: HTTPLimits(), budget: BodyBudget(limit: 1000),
            group: MultiThreadedEventLoopGroup.singleton)
        let channel = try await server.bind(host: "127.0.0.1", port: 0)
        try await server.startAccepting(channel)
        let client = try await RawClient.connect(try #require(channel.localAddress?.port))
        let maker = try TestHTTP2Connection()
        // No window for any stream.
        try await client.send(
            OpeningBytes.preface + TestHTTP2Connection.frame(4, 0, 0, [0, 4, 0, 0, 0, 0])
                + TestHTTP2Connection.frame(1, 5, 1, try maker.block(TestHTTP2Connection.get)))
        _ = try await ping(client, "pingone!")
        let exchange = try #require(responder.asked.first?.exchange)
        exchange.begin(HTTPResponse(status: 200))
        let isDone = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await exchange.write(Array(repeating: UInt8(ascii: "x"), count: 100_000))
                isDone.raise()
                exchange.end()
            }
            let before = try await ping(client, "pingtwo!")
            #expect(!before.contains("xxxx"))
            #expect(!isDone.isRaised)
            try await client.send(
                TestHTTP2Connection.frame(8, 0, 0, [0, 1, 0x86, 0xA0])
                    + TestHTTP2Connection.frame(8, 0, 1, [0, 1, 0x86, 0xA0]))
            try await group.waitForAll()
        }
        let after = try await ping(client, "pingend!")
        #expect(after.utf8.count { $0 == UInt8(ascii: "x") } >= 100_000)
        await client.close()
        try await channel.close()
        await server.drain(bound: .seconds(5))
    }

    private final class Flag: Sendable {
        private let value = Mutex(false)
        var isRaised: Bool { value.withLock { $0 } }
        func raise() { value.withLock { $0 = true } }
    }

    /// All that was received, up to the answer to a PING: the server has done then what it was asked before.
    private func ping(_ client: RawClient, _ text: String) async throws -> String {
        try await client.send(TestHTTP2Connection.frame(6, 0, 0, Array(text.utf8)))
        return await client.receive(until: text)
    }
}

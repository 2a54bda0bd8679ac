import NIOCore
import NIOPosix
import ServiceKit
import Testing

@testable import Outbound

/// Requests over real sockets.
struct HTTPClientSenderTests {
    /// A server that answers each connection with this, and does not end it.
    private static func serve(_ answer: String, _ body: (_ port: Int) async throws -> Void) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let port = server.channel.localAddress?.port ?? 0
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await server.executeThenClose { connections in
                    for try await connection in connections {
                        try? await connection.executeThenClose { inbound, outbound in
                            try await outbound.write(ByteBuffer(string: answer))
                            for try await _ in inbound {}
                        }
                    }
                }
            }
            try await body(port)
            tasks.cancelAll()
        }
    }

    private static let whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    @Test(.timeLimit(.minutes(1))) func anAnswerIsReadToItsEnd() async throws {
        let sender = HTTPClientSender(eventLoopGroup: .singleton)
        try await Self.serve(Self.whole) { port in
            let answer = try await sender.send(OutgoingRequest(url: "http://127.0.0.1:\(port)/"))
            #expect(answer.status == 200)
            #expect(answer.body == Array("ok".utf8))
        }
        await sender.close()
    }

    @Test(.timeLimit(.minutes(1))) func anAnswerWithoutEndIsGivenUp() async throws {
        let sender = HTTPClientSender(eventLoopGroup: .singleton)
        try await Self.serve("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nslow") { port in
            await #expect(throws: HTTPSendFailure.self) {
                try await sender.send(
                    OutgoingRequest(url: "http://127.0.0.1:\(port)/", timeout: .milliseconds(300)))
            }
        }
        await sender.close()
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["127.0.0.1", "localhost", "0x7f.1"])
    func functionsDoNotReachTheHost(host: String) async throws {
        let sender = HTTPClientSender(eventLoopGroup: .singleton)
        try await Self.serve(Self.whole) { port in
            let failure = await #expect(throws: HTTPSendFailure.self) {
                try await sender.send(OutgoingRequest(url: "http://\(host):\(port)/", reach: .internet))
            }
            #expect(failure?.description.contains("may not reach") == true)
        }
        await sender.close()
    }
}

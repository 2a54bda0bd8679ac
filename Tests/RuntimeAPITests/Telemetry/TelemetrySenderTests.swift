import Execution
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@testable import RuntimeAPI

/// Over real sockets: a listening socket becomes one that connects, again and again.
struct TelemetrySenderTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    /// A listening socket as the launcher hands them out.
    private static func listeningSocket() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(bound == 0 && listen(descriptor, 8) == 0)
        return descriptor
    }

    private func sender() async throws -> TelemetrySender {
        let descriptor = try Self.listeningSocket()
        return try #require(TelemetrySender(listeningSocket: descriptor, on: loop))
    }

    private func deliver(
        _ events: [String], _ destination: TelemetrySubscription.Destination, _ sender: TelemetrySender
    ) async throws -> Bool {
        try await loop.flatSubmit { sender.deliver(events, to: destination) }.get()
    }

    @Test(arguments: [true, false])
    func requestsAreSentUntilTheyAreTaken(keepsAlive: Bool) async throws {
        let listener = CollectingListener(statuses: [500, 200, 200], keepsAlive: keepsAlive)
        let (channel, port) = try await listener.start()
        let sender = try await sender()
        let destination = TelemetrySubscription.Destination.http(port: port, path: "/x", method: "PUT")
        #expect(try await deliver(["{}", "1"], destination, sender) == false)
        #expect(try await deliver(["{}", "1"], destination, sender))
        #expect(try await deliver(["2"], destination, sender))
        #expect(listener.bodies.withLock { $0 } == ["PUT /x [{},1]", "PUT /x [{},1]", "PUT /x [2]"])
        // Another destination cuts the connection and makes its own.
        let other = CollectingListener(statuses: [200], keepsAlive: keepsAlive)
        let (otherChannel, otherPort) = try await other.start()
        #expect(try await deliver(["3"], .http(port: otherPort, path: "/", method: "POST"), sender))
        #expect(other.bodies.withLock { $0 } == ["POST / [3]"])
        try await channel.close()
        #expect(try await deliver(["4"], destination, sender) == false)
        try await otherChannel.close()
        try await loop.submit { sender.close() }.get()
        #expect(try await deliver(["5"], destination, sender) == false)
    }

    @Test func linesAreSent() async throws {
        let received = Locked("")
        let arrived = loop.makePromise(of: Void.self)
        let server = try await ServerBootstrap(group: loop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LineCollector(received, until: "3\n", arrived))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let sender = try await sender()
        let destination = TelemetrySubscription.Destination.tcp(port: try #require(server.localAddress?.port))
        #expect(try await deliver(["{\"a\":1}", "2"], destination, sender))
        #expect(try await deliver(["3"], destination, sender))
        try await arrived.futureResult.get()
        #expect(received.withLock { $0 } == "{\"a\":1}\n2\n3\n")
        try await server.close()
        try await loop.submit { sender.close() }.get()
    }

    @Test func onlyExtensionsCallsAreRouted() {
        func route(_ method: HTTPMethod, _ uri: String) -> RuntimeAPIRoute {
            RuntimeAPIRoute(
                isGet: method == .GET, isPost: method == .POST, isPut: method == .PUT, target: uri.utf8)
        }
        #expect(route(.POST, "/2020-01-01/extension/register") == .extensions(.register))
        #expect(route(.GET, "/2020-01-01/extension/event/next") == .extensions(.next))
        #expect(route(.POST, "/2020-01-01/extension/init/error") == .extensions(.initError))
        #expect(route(.POST, "/2020-01-01/extension/exit/error") == .extensions(.exitError))
        #expect(route(.PUT, "/2022-07-01/telemetry/") == .extensions(.subscribe(.telemetry)))
        #expect(route(.PUT, "/2020-08-15/logs") == .extensions(.subscribe(.logs)))
        for uri in ["/2020-01-01/extension/", "/2020-01-01/extension/event/next", "/2022-07-01/telemetry", "/x"] {
            #expect(route(.POST, uri) == .unknown)
        }
    }
}

private final class Locked<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func withLock<T: Sendable>(_ body: (inout Value) -> T) -> T {
        value.withLock { value in body(&value) }
    }
}

private final class LineCollector: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    private let text: Locked<String>
    private let end: String
    private let arrived: EventLoopPromise<Void>

    init(_ text: Locked<String>, until end: String, _ arrived: EventLoopPromise<Void>) {
        self.text = text
        self.end = end
        self.arrived = arrived
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text.withLock { $0 += String(buffer: unwrapInboundIn(data)) }
        if text.withLock({ $0.hasSuffix(end) }) { arrived.succeed() }
    }
}

/// Answers requests with the statuses in turn, and keeps their bodies.
private final class CollectingListener: Sendable {
    let bodies = Locked<[String]>([])
    private let statuses: Locked<[Int]>
    private let keepsAlive: Bool

    init(statuses: [Int], keepsAlive: Bool) {
        self.statuses = Locked(statuses)
        self.keepsAlive = keepsAlive
    }

    func start() async throws -> (any Channel, Int) {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
                    try channel.pipeline.syncOperations.addHandler(Handler(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return (channel, try #require(channel.localAddress?.port))
    }

    private final class Handler: ChannelInboundHandler, @unchecked Sendable {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let listener: CollectingListener
        private var text = ""

        init(_ listener: CollectingListener) { self.listener = listener }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): text = "\(head.method) \(head.uri) "
            case .body(let part): text += String(buffer: part)
            case .end:
                listener.bodies.withLock { $0.append(text) }
                let status = listener.statuses.withLock { $0.isEmpty ? 200 : $0.removeFirst() }
                var headers = HTTPHeaders([("Content-Length", "0")])
                if !listener.keepsAlive { headers.add(name: "Connection", value: "close") }
                context.write(
                    wrapOutboundOut(
                        .head(
                            HTTPResponseHead(
                                version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers))),
                    promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                if !listener.keepsAlive { context.close(promise: nil) }
            }
        }
    }
}

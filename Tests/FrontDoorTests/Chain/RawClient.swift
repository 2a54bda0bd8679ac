import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A connection that sends and receives bytes as they are.
final class RawClient: Sendable {
    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        struct State {
            var text = ""
            var closed = false
            /// With what each waits for; nil is the end.
            var waiting: [(part: String?, continuation: CheckedContinuation<String, Never>)] = []

            mutating func takeReady() -> [CheckedContinuation<String, Never>] {
                let ready = waiting.filter(isReady)
                waiting.removeAll(where: isReady)
                return ready.map(\.continuation)
            }

            private func isReady(_ waiter: (part: String?, continuation: CheckedContinuation<String, Never>)) -> Bool {
                closed || waiter.part.map(text.contains) ?? false
            }
        }

        let state = Mutex(State())

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Self.unwrapInboundIn(data)
            state.withLock { $0.text += String(decoding: bytes.readableBytesView, as: Unicode.UTF8.self) }
            wake()
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event as? ChannelEvent == .inputClosed { end() }
        }

        func channelInactive(context: ChannelHandlerContext) { end() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func end() {
            state.withLock { $0.closed = true }
            wake()
        }

        private func wake() {
            let (text, ready) = state.withLock { state in
                let ready = state.takeReady()
                return (ready.isEmpty ? "" : state.text, ready)
            }
            for waiter in ready { waiter.resume(returning: text) }
        }

        func wait(for part: String?) async -> String {
            await withCheckedContinuation { continuation in
                state.withLock { $0.waiting.append((part, continuation)) }
                wake()
            }
        }
    }

    private let channel: any Channel
    private let collector: Collector

    private init(_ channel: any Channel, _ collector: Collector) {
        self.channel = channel
        self.collector = collector
    }

    /// With `tls` the server has to prove that it is `name`.
    static func connect(
        _ port: Int, host: String = "127.0.0.1", tls: NIOSSLContext? = nil, name: String? = nil
    ) async throws -> RawClient {
        let collector = Collector()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try channel.pipeline.syncOperations.addHandler(collector)
                }
            }
            .connect(host: host, port: port).get()
        return RawClient(channel, collector)
    }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)).get() }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

    /// All that was received, once it holds `part` or the server has closed.
    func receive(until part: String) async -> String { await collector.wait(for: part) }

    /// All that was received, once the server has closed.
    func receiveAll() async -> String { await collector.wait(for: nil) }

    func endOutput() async throws { try await channel.close(mode: .output).get() }

    func close() async { try? await channel.close().get() }

    /// One request on a connection of its own; the whole answer.
    static func ask(_ port: Int, _ text: String, body: [UInt8] = [], host: String = "127.0.0.1") async throws -> String
    {
        let client = try await connect(port, host: host)
        let head = text.replacingOccurrences(of: "\n", with: "\r\n")
        try await client.send(Array((head + "Connection: close\r\n\r\n").utf8) + body)
        let answer = await client.receiveAll()
        await client.close()
        return answer
    }
}

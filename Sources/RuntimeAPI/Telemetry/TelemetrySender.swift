public import Execution
public import NIOCore
import NIOHTTP1
import NIOPosix

/// Brings batches of telemetry to listeners inside one sandbox, one batch at a time. Confined to the environment's event loop.
public final class TelemetrySender: @unchecked Sendable {
    private let dialer: SandboxDialer
    private let loop: any EventLoop
    private var connection: (destination: TelemetrySubscription.Destination, channel: any Channel)?
    private var isClosed = false

    /// Takes ownership of a listening socket that was born in the sandbox.
    /// - Returns: nil if the system refuses.
    public init?(listeningSocket: Int32, on loop: any EventLoop) {
        guard let dialer = SandboxDialer(listeningSocket: listeningSocket) else { return nil }
        self.dialer = dialer
        self.loop = loop
    }

    /// Delivers events, each a JSON object. Call it again only when the last delivery is over.
    /// - Returns: whether the listener took them.
    public func deliver(_ events: [String], to destination: TelemetrySubscription.Destination) -> EventLoopFuture<Bool>
    {
        guard !isClosed else { return loop.makeSucceededFuture(false) }
        return connect(destination).flatMap { channel -> EventLoopFuture<Bool> in
            let promise = channel.eventLoop.makePromise(of: Bool.self)
            let body: String
            switch destination {
            case .http: body = "[" + events.joined(separator: ",") + "]"
            case .tcp: body = events.joined(separator: "\n") + "\n"
            }
            channel.writeAndFlush(TelemetryBatch(body: ByteBuffer(string: body), done: promise)).cascadeFailure(
                to: promise)
            return promise.futureResult
        }.flatMapErrorThrowing { _ in
            self.disconnect()
            return false
        }
    }

    /// Ends the connection and gives the socket back. On the loop.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        disconnect()
        dialer.close()
    }

    private func disconnect() {
        connection?.channel.close(promise: nil)
        connection = nil
    }

    private func connect(_ destination: TelemetrySubscription.Destination) -> EventLoopFuture<any Channel> {
        if let connection, connection.destination == destination, connection.channel.isActive {
            return loop.makeSucceededFuture(connection.channel)
        }
        disconnect()
        guard let descriptor = dialer.dial(port: destination.port) else {
            return loop.makeFailedFuture(ChannelError.connectPending)
        }
        return ClientBootstrap(group: loop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                switch destination {
                case .http(let port, let path, let method):
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(
                        TelemetryRequests(host: "sandbox.localdomain:\(port)", path: path, method: method))
                case .tcp: try channel.pipeline.syncOperations.addHandler(TelemetryLines())
                }
            }
        }.withConnectedSocket(descriptor).map { channel in
            self.connection = (destination, channel)
            return channel
        }
    }
}

/// What is written to a connection: the promise says whether the listener took it.
struct TelemetryBatch: Sendable {
    var body: ByteBuffer
    var done: EventLoopPromise<Bool>
}

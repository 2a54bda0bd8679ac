public import NIOCore
import NIOPosix

/// Serves the Runtime API of one execution environment on a socket that was born in its sandbox.
public enum RuntimeAPIServer {
    /// Accepts connections on the environment's event loop, and no other. The listening socket is closed with the channel that
    /// is returned; the session is kept for as long.
    public static func start(
        socket: NIOBSDSocket.Handle, on loop: any EventLoop, session: any RuntimeAPISession & Sendable
    ) -> EventLoopFuture<any Channel> {
        ServerBootstrap(group: loop)
            .serverChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RuntimeAPIHandler(session: session))
                }
            }
            .withBoundSocket(socket)
    }
}

import NIOCore

/// A sandbox's socket that is being served.
public final class SandboxListener: Sendable {
    private let channel: any Channel
    private let server: HTTPServer<Chain>

    init(channel: any Channel, server: HTTPServer<Chain>) {
        self.channel = channel
        self.server = server
    }

    /// Stops listening and ends every connection, those with running requests after `bound`. Safe to call again.
    public func close(within bound: Duration = .zero) async {
        try? await channel.close().get()
        await server.drain(bound: bound)
    }
}

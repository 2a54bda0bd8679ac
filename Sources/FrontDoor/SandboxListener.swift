import Glibc
import NIOCore
import Synchronization

/// The sockets of a sandbox that are served, each from its first connection on.
public final class SandboxListener: Sendable {
    private struct State {
        var waiting: Set<UInt64> = []
        var channels: [any Channel] = []
        var isClosed = false
    }

    private let server: HTTPServer<Chain>
    private let onClose: @Sendable (SandboxListener) -> Void
    private let state = Mutex(State())

    init(server: HTTPServer<Chain>, onClose: @escaping @Sendable (SandboxListener) -> Void) {
        self.server = server
        self.onClose = onClose
    }

    /// Takes over a listening socket.
    func add(_ socket: CInt) {
        // Under the lock: a ticket is there for whoever stops.
        state.withLock { state in
            guard !state.isClosed else {
                Glibc.close(socket)
                return
            }
            let ticket = ArrivalWatch.shared.wait(for: socket) { [weak self] socket in
                guard let self else {
                    Glibc.close(socket)
                    return
                }
                Task { await self.serve(socket) }
            }
            if let ticket {
                state.waiting.insert(ticket)
            } else {
                Task { await self.serve(socket) }
            }
        }
    }

    private func serve(_ socket: CInt) async {
        guard let channel = try? await server.adopt(listeningSocket: socket) else { return }
        let isWanted = state.withLock { state in
            if !state.isClosed { state.channels.append(channel) }
            return !state.isClosed
        }
        guard isWanted else { return channel.close(promise: nil) }
        try? await server.startAccepting(channel)
    }

    /// Stops listening and ends every connection, those with running requests after `bound`. Safe to call again.
    public func close(within bound: Duration = .zero) async {
        if let channels = stop() { await end(channels, within: bound) }
    }

    /// The same, without waiting for the end.
    public func abandon() {
        guard let channels = stop(), !channels.isEmpty else { return }
        Task { await end(channels, within: .zero) }
    }

    /// What was served; nil: it is closed already.
    private func stop() -> [any Channel]? {
        let (waiting, channels) = state.withLock { state in
            defer { state.isClosed = true }
            defer { (state.waiting, state.channels) = ([], []) }
            return (state.waiting, state.isClosed ? nil : state.channels)
        }
        for ticket in waiting { ArrivalWatch.shared.giveUp(ticket) }
        onClose(self)
        return channels
    }

    private func end(_ channels: [any Channel], within bound: Duration) async {
        for channel in channels { try? await channel.close().get() }
        if !channels.isEmpty { await server.drain(bound: bound) }
    }
}

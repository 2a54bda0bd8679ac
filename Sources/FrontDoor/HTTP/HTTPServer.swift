import NIOCore
import NIOPosix
import Synchronization

/// Accepts connections and gives each its pipeline.
final class HTTPServer<R: Responder>: Sendable {
    let responder: R
    let limits: HTTPLimits
    let budget: BodyBudget
    let tls: TLSContext?
    let requiresTLS: Bool
    private let group: any EventLoopGroup
    private let state = Mutex(State())

    private struct State {
        var connections: [ObjectIdentifier: any Channel] = [:]
        var draining = false
        var emptied: [CheckedContinuation<Void, Never>] = []
    }

    /// With `tls` both TLS and cleartext are spoken, whatever a connection begins with, unless `requiresTLS`.
    init(
        responder: R, limits: HTTPLimits, budget: BodyBudget, tls: TLSContext? = nil, requiresTLS: Bool = false,
        group: any EventLoopGroup
    ) {
        self.responder = responder
        self.limits = limits
        self.budget = budget
        self.tls = tls
        self.requiresTLS = requiresTLS
        self.group = group
    }

    /// Listens on an address.
    func bind(host: String, port: Int) async throws -> any Channel {
        try await bootstrap(tcp: true).bind(host: host, port: port).get()
    }

    /// Takes over a socket that listens already.
    func adopt(listeningSocket: CInt) async throws -> any Channel {
        try await bootstrap(tcp: false).withBoundSocket(listeningSocket).get()
    }

    /// Until then connections wait in the kernel.
    func startAccepting(_ listener: any Channel) async throws {
        try await listener.setOption(.autoRead, value: true).get()
    }

    private func bootstrap(tcp: Bool) -> ServerBootstrap {
        var bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.configure(channel) }
            }
        if tcp { bootstrap = bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1) }
        return bootstrap
    }

    /// Puts a connection's handlers into its pipeline. On the channel's event loop.
    func configure(_ channel: any Channel) throws {
        guard register(channel) else {
            channel.close(promise: nil)
            return
        }
        // A Unix socket has no such option.
        try? channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
        try addDetector(channel)
    }

    private func register(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let accepted = state.withLock { state in
            if state.draining { return false }
            state.connections[id] = channel
            return true
        }
        if accepted { channel.closeFuture.whenComplete { _ in self.forget(id) } }
        return accepted
    }

    private func forget(_ id: ObjectIdentifier) {
        let waiters = state.withLock { state in
            state.connections[id] = nil
            guard state.connections.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.emptied = [] }
            return state.emptied
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Ends every connection: idle ones at once, others after their answer, and all when `bound` is over.
    func drain(bound: Duration) async {
        let channels = state.withLock { state in
            state.draining = true
            return Array(state.connections.values)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(DrainEvent()) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.emptied() }
            group.addTask {
                // Cancelled when the connections end first.
                try? await Task.sleep(for: bound)
                self.closeAll()
            }
            await group.next()
            group.cancelAll()
            await group.waitForAll()
        }
    }

    private func closeAll() {
        for channel in state.withLock({ Array($0.connections.values) }) { channel.close(promise: nil) }
    }

    private func emptied() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let now = state.withLock { state in
                if state.connections.isEmpty { return true }
                state.emptied.append(continuation)
                return false
            }
            if now { continuation.resume() }
        }
    }
}

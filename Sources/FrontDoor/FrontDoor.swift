public import Logging
public import NIOCore
import NIOPosix
public import ServiceKit
public import ServiceLifecycle
public import ServiceModel
import Synchronization
import WireProtocols

/// The server that speaks the AWS APIs to the outside, and to sandboxes through their own sockets.
///
/// ``run()`` listens until it is asked to shut down gracefully. Sandboxes' sockets are served by ``serve(listeningSockets:as:tls:)``, before,
/// during and after.
public final class FrontDoor: Service {
    private let platform: Platform
    private let group: any EventLoopGroup
    private let budget: BodyBudget
    private let server: HTTPServer<Chain>
    private let onReady: @Sendable (_ port: Int) -> Void
    private let state = Mutex(State())

    private struct State {
        var listener: (any Channel)?
        var sandboxes: [ObjectIdentifier: SandboxListener] = [:]
        var isOver = false
    }

    /// `credentials` knows the secrets of access keys; `invocations` takes plain ones past the chain; `buckets` knows which pages may use them, `functionURLs` knows the URLs of
    /// functions. Connections live on `eventLoopGroup`, by default one loop for each core.
    /// `onReady` is told the port when the socket listens, before the first request is read.
    public init(
        configuration: FrontDoorConfiguration, dispatcher: Dispatcher, credentials: any CredentialResolver,
        admin: AdminRoutes, invocations: (any InvocationLane)? = nil, functionURLs: (any FunctionURLs)? = nil,
        buckets: (any BucketPages)? = nil,
        logger: Logger, models: ServiceModels = .shared,
        eventLoopGroup: (any EventLoopGroup)? = nil,
        onReady: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) {
        platform = Platform(
            configuration: configuration, hosts: HostRules(additional: configuration.additionalHosts),
            origins: OriginRules(allowed: configuration.allowedOrigins), router: RequestRouter(models: models),
            dispatcher: dispatcher, credentials: credentials, verifier: SignatureVerifier(keys: SigningKeyCache()),
            admin: admin, invocations: invocations, buckets: buckets, functionURLs: functionURLs, logger: logger,
            clock: { WallClock.seconds })
        group = eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton
        budget = BodyBudget(limit: configuration.limits.allBodies)
        server = HTTPServer(
            responder: Chain(platform: platform, caller: .anyone), limits: configuration.limits, budget: budget,
            tls: configuration.tls, requiresTLS: configuration.requiresTLS, group: group)
        self.onReady = onReady
    }

    /// Listens, without reading any request yet: they wait for ``run()``.
    /// - Returns: the port. The same at every call.
    /// - Throws: the system's error, such as that the address is in use.
    @discardableResult
    public func bind() async throws -> Int {
        if let port = state.withLock({ $0.listener?.localAddress?.port }) { return port }
        let configuration = platform.configuration
        let channel = try await server.bind(host: configuration.host, port: configuration.port)
        state.withLock { $0.listener = channel }
        return channel.localAddress?.port ?? configuration.port
    }

    public func run() async throws {
        let port = try await bind()
        onReady(port)
        guard let listener = state.withLock({ $0.listener }) else { return }
        try await server.startAccepting(listener)
        // Ends by cancellation too, which leaves running requests no time.
        do { try await gracefulShutdown() } catch {}
        try? await listener.close().get()
        let sandboxes = state.withLock { state in
            state.isOver = true
            return Array(state.sandboxes.values)
        }
        let bound = platform.configuration.shutdownTimeout
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.server.drain(bound: bound) }
            for sandbox in sandboxes { group.addTask { await sandbox.close(within: bound) } }
        }
    }

    /// Serves sockets that listen already, such as those that were born in a sandbox. All who call there are `identity`, whatever key
    /// they show; the paths of the platform are not there.
    ///
    /// With `tls`, TLS is spoken there too; cleartext always is. A socket costs next to nothing until the first connection arrives.
    ///
    /// The sockets are taken over: they are closed with the listener that is returned.
    public func serve(
        listeningSockets: [CInt], as identity: SandboxIdentity, tls: TLSContext? = nil
    ) -> SandboxListener {
        let limits = platform.configuration.limits
        let server = HTTPServer(
            responder: Chain(platform: platform, caller: .sandbox(identity)), limits: limits, budget: budget, tls: tls,
            group: group)
        let listener = SandboxListener(server: server) { [weak self] listener in
            self?.state.withLock { _ = $0.sandboxes.removeValue(forKey: ObjectIdentifier(listener)) }
        }
        state.withLock { $0.sandboxes[ObjectIdentifier(listener)] = listener }
        for socket in listeningSockets { listener.add(socket) }
        return listener
    }
}

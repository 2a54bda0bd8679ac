public import Execution
public import Logging
public import NIOCore
import NIOPosix
import Sandbox
import ServiceKit
import ServiceModel
import Synchronization

/// Runs functions: finds or starts an environment for each invocation, and keeps the warm ones.
public final class DataPlane: FunctionInvoker {
    private let starter: EnvironmentStarter
    private let configuration: DataPlaneConfiguration
    private let group: any EventLoopGroup
    private let pool: Mutex<EnvironmentPool<ExecutionEnvironment>>
    private let logger: Logger
    private let stems: StemNursery?
    let observatory = Observatory()

    public init(
        services: EnvironmentServices, configuration: DataPlaneConfiguration, group: any EventLoopGroup, logger: Logger
    ) {
        let stems = configuration.stems.map { limits in
            StemNursery(
                StemPolicy.Bounds(count: limits.count, memory: limits.memory), sandboxes: services.sandboxes,
                network: configuration.network, logger: logger
            ) { EnvironmentStarter.listeningPorts(endpoint: services.endpoint.ports) }
        }
        self.stems = stems
        starter = EnvironmentStarter(services: services, configuration: configuration, group: group, stems: stems)
        self.configuration = configuration
        self.group = group
        self.logger = logger
        pool = Mutex(EnvironmentPool(limit: configuration.accountConcurrency))
    }

    /// Environments that exist now, and how many of them are idle.
    public var counts: (total: Int, idle: Int) { pool.withLock { $0.counts } }

    /// The environments that exist now, started for an invocation or ready for one.
    var living: [ExecutionEnvironment] { pool.withLock { $0.all } }

    /// The environments that are kept started; nil: none are.
    public var stemCounts: StemCounts? { stems?.counts }

    // MARK: FunctionInvoker

    public func invoke(_ function: FunctionVersion, _ request: InvocationRequest) async throws -> InvocationResult {
        let decision = pool.withLock { $0.acquire(function) }
        switch decision {
        case .reuse, .follow:
            let event = InvocationEvent(request)
            return try await withCheckedThrowingContinuation { continuation in
                begin(decision, function, event) { continuation.resume(with: $0.map(\.result)) }
            }
        case .start:
            return try await coldStart(function, request)
        case .throttled:
            throw AWSError(
                "TooManyRequestsException", shape: "TooManyRequestsException", status: 429, message: "Rate Exceeded.",
                fields: ["Reason": "ConcurrentInvocationLimitExceeded", "Type": "User"])
        }
    }

    /// Begins an invocation at once, if an environment is there for it.
    /// - Parameters:
    ///   - function: what to run.
    ///   - event: what to run it with.
    ///   - loop: where the caller is, and where `done` is called, after this function has returned.
    ///   - done: is called once, if this function returns true.
    /// - Returns: false if none is: ``invoke(_:_:)`` is to be called instead.
    public func beginWarm(
        _ function: FunctionVersion, _ event: InvocationEvent, on loop: any EventLoop, done: @escaping InvocationDone
    ) -> Bool {
        let decision = pool.withLock { $0.acquireWarm(function, preferring: { $0.loop === loop }) }
        guard let decision else { return false }
        begin(decision, function, event) { result in
            if loop.inEventLoop { done(result) } else { loop.execute { done(result) } }
        }
        return true
    }

    /// Gives an environment that the pool has chosen its event.
    private func begin(
        _ decision: EnvironmentPool<ExecutionEnvironment>.Decision, _ function: FunctionVersion,
        _ event: InvocationEvent, done: @escaping InvocationDone
    ) {
        switch decision {
        case .reuse(let member):
            let environment = member.environment
            if environment.loop.inEventLoop {
                environment.begin(event, reportsInit: false, budget: function.budget, done: done)
            } else {
                environment.loop.execute {
                    environment.begin(event, reportsInit: false, budget: function.budget, done: done)
                }
            }
        case .follow(let member):
            let environment = member.environment
            let orElse: @Sendable () -> Void = { [self] in
                pool.withLock { $0.unfollow(member) }
                Task { [self] in
                    do {
                        done(.success(InvocationAnswer(try await coldStart(function, event.request))))
                    } catch {
                        done(.failure(error))
                    }
                }
            }
            environment.loop.execute {
                environment.follow(event, budget: function.budget, done: done, orElse: orElse)
            }
        case .start, .throttled: break
        }
    }

    public func retire(account: String, region: String, name: String, version: String?, exceptRevision: String?) async {
        let ending = pool.withLock {
            $0.retire(account: account, region: region, name: name, version: version, exceptRevision: exceptRevision)
        }
        for environment in ending { environment.loop.execute { environment.end() } }
    }

    /// Ends every environment and waits until all are gone. New ones may be started after.
    public func endAll() async {
        let environments = pool.withLock { $0.all }
        for environment in environments { environment.loop.execute { environment.end() } }
        for environment in environments { _ = await environment.sandbox.exit() }
        await stems?.endAll()
    }

    /// Ends every environment, for good.
    public func close() async {
        await stems?.close()
        await endAll()
    }

    // MARK: Cold starts

    private func coldStart(_ function: FunctionVersion, _ request: InvocationRequest) async throws -> InvocationResult {
        let began = ContinuousClock.now
        observatory.startsCold(function)
        // Where the caller is already, if that is a loop: then an invocation never changes threads.
        let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? group.next()
        let log = starter.makeLog(function, on: loop)
        let attempt = InitAttempt(starter: starter, function: function, request: request, log: log, loop: loop)
        do {
            switch try await hurried({ try await attempt.first() }) {
            case .ready(let environment):
                adopt(environment)
                environment.wasWaitedFor(since: began)
                return try await invoke(environment, request, budget: function.budget, reportsInit: true)
            case .failed:
                // As on AWS, initialisation is tried once more, now as part of the invocation.
                switch try await hurried({ try await attempt.second() }) {
                case .ready(let environment, let rest):
                    adopt(environment)
                    environment.wasWaitedFor(since: began)
                    return try await invoke(environment, request, budget: rest, reportsInit: false)
                case .failed(let result, let outcome, let duration):
                    pool.withLock { $0.startFailed(function) }
                    observatory.failedToStart(function, outcome, milliseconds: duration)
                    return result
                }
            }
        } catch {
            pool.withLock { $0.startFailed(function) }
            loop.execute { log.close() }
            throw Self.serviceError(error, function: function, logger: logger)
        }
    }

    private func hurried<Result>(_ start: () async throws -> Result) async throws -> Result {
        guard let stems else { return try await start() }
        return try await stems.hurried(start)
    }

    /// Takes a new environment into the pool, in use.
    private func adopt(_ environment: ExecutionEnvironment) {
        let member = pool.withLock { $0.started(environment, function: environment.function) }
        environment.loop.execute { [self] in
            let ended: @Sendable () -> Void = { [weak self] in
                // First: whoever counts now finds it here or there.
                self?.observatory.ended(member.environment)
                self?.pool.withLock { $0.ended(member) }
                member.environment.log.close()
            }
            if environment.hasEnded { return ended() }
            // They hold the environment in a circle, until its end cuts it.
            environment.onAnswered = { [weak self] in self?.pool.withLock { $0.answered(member) } }
            environment.onIdle = { [weak self] in self?.becameIdle(member) }
            environment.onExpired = { [weak self] in self?.expired(member) }
            environment.onEnded = ended
        }
    }

    private func invoke(
        _ environment: ExecutionEnvironment, _ request: InvocationRequest, budget: TimeAmount, reportsInit: Bool
    ) async throws -> InvocationResult {
        let event = InvocationEvent(request)
        return try await withCheckedThrowingContinuation { continuation in
            let begin: @Sendable () -> Void = {
                environment.begin(event, reportsInit: reportsInit, budget: budget) {
                    continuation.resume(with: $0.map(\.result))
                }
            }
            if environment.loop.inEventLoop { begin() } else { environment.loop.execute(begin) }
        }
    }

    // MARK: Idle environments

    /// On the environment's loop.
    private func becameIdle(_ member: PooledEnvironment<ExecutionEnvironment>) {
        let environment = member.environment
        let keep = environment.born.duration(to: .now) < configuration.maximumAge
        let isPooled = pool.withLock { pool in pool.idle(member) && (keep || !pool.takeIdle(member)) }
        guard isPooled else { return environment.end() }
        environment.rest(freezeAfter: configuration.freezeAfter, endAfter: configuration.endAfter)
    }

    /// On the environment's loop.
    private func expired(_ member: PooledEnvironment<ExecutionEnvironment>) {
        if pool.withLock({ $0.takeIdle(member) }) { member.environment.end() }
    }

    /// What the caller sees when the machine, not the function, is at fault.
    private static func serviceError(_ error: any Error, function: FunctionVersion, logger: Logger) -> any Error {
        if error is AWSError || error is CancellationError { return error }
        logger.error("no environment for \(function.unqualifiedARN): \(error)")
        let message: String
        switch error {
        case let missing as RuntimeMissing: message = missing.message
        case SandboxError.exhausted(let what):
            message = "This machine has no room for another execution environment: \(what)"
        case SandboxError.launcherLost: message = "The launcher of sandboxes has ended; restart Martlet."
        default: message = "An execution environment could not be started."
        }
        return AWSError(
            "ServiceException", shape: "ServiceException", status: 500, message: message, fields: ["Type": "Service"])
    }
}

extension FunctionVersion {
    /// How long an invocation may take.
    var budget: TimeAmount { .seconds(Int64(timeout)) }
}

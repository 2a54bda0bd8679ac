public import Execution
public import Logging
public import NIOCore
import Sandbox
import ServiceKit
import ServiceModel
import Synchronization

/// Runs functions: finds or starts an environment for each invocation, and keeps the warm ones.
public final class DataPlane: FunctionInvoker {
    let services: EnvironmentServices
    let starter: EnvironmentStarter
    private let configuration: DataPlaneConfiguration
    let group: any EventLoopGroup
    let pool: Mutex<EnvironmentPool<ExecutionEnvironment>>
    let logger: Logger
    let stems: StemNursery?
    let observatory = Observatory()
    /// nil: environments start whatever the machine has left.
    let admission: MachineAdmission?
    private let keeperOnceNeeded = Mutex<ProvisionedKeeper?>(nil)
    private let epoch = ContinuousClock.now
    private let processors = MachineProcessors()

    public init(
        services: EnvironmentServices, configuration: DataPlaneConfiguration, group: any EventLoopGroup, logger: Logger
    ) {
        let admission = configuration.memoryAdmission.map {
            MachineAdmission(
                reserve: $0.reserve, validity: configuration.memoryValidity, read: configuration.memory)
        }
        let stems = configuration.stems.map { limits in
            StemNursery(
                StemPolicy.Bounds(count: limits.count, memory: limits.memory), sandboxes: services.sandboxes,
                network: configuration.network, logger: logger,
                ports: { EnvironmentStarter.listeningPorts(endpoint: services.endpoint.ports) },
                hasRoom: { await admission?.canSpare($0) ?? true })
        }
        self.stems = stems
        starter = EnvironmentStarter(services: services, configuration: configuration, group: group, stems: stems)
        self.services = services
        self.configuration = configuration
        self.group = group
        self.logger = logger
        self.admission = admission
        pool = Mutex(EnvironmentPool(limit: configuration.accountConcurrency))
    }

    /// Environments that exist now, and how many of them are idle.
    public var counts: (total: Int, idle: Int) { pool.withLock { $0.counts } }

    /// The environments that exist now, started for an invocation or ready for one.
    var living: [ExecutionEnvironment] { pool.withLock { $0.all } }

    /// The environments that are kept started; nil: none are.
    public var stemCounts: StemCounts? { stems?.counts }

    // MARK: FunctionInvoker

    public var idleProcessors: Double { processors.idle }

    public func invoke(_ function: FunctionVersion, _ request: InvocationRequest) async throws -> InvocationResult {
        let decision = pool.withLock { $0.acquire(function, at: epoch.duration(to: .now)) }
        switch decision {
        case .reuse, .follow:
            let event = InvocationEvent(request)
            return try await withCheckedThrowingContinuation { continuation in
                begin(decision, function, event) { continuation.resume(with: $0.map(\.result)) }
            }
        case .start:
            return try await coldStart(function.onDemand, request)
        case .throttled(let throttle):
            throw refused(function, request.invokedFunctionARN, by: throttle)
        }
    }

    /// What the caller is told of a limit.
    private func refused(_ function: FunctionVersion, _ arn: String, by throttle: Throttle) -> AWSError {
        observatory.note(function, invokedARN: arn) { $0.throttled() }
        return throttle.error
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
                if let throttle = pool.withLock({ $0.unfollow(member, at: epoch.duration(to: .now)) }) {
                    return done(.failure(refused(function, event.invokedFunctionARN, by: throttle)))
                }
                Task { [self] in
                    do {
                        done(.success(InvocationAnswer(try await coldStart(function.onDemand, event.request))))
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
        keeper.close()
        await stems?.close()
        await endAll()
    }

    // MARK: Environments

    /// Follows what becomes of an environment. On its loop.
    func connect(_ member: PooledEnvironment<ExecutionEnvironment>) {
        let environment = member.environment
        let ended: @Sendable () -> Void = { [weak self] in
            // First: whoever counts now finds it here or there.
            self?.observatory.ended(member.environment)
            self?.pool.withLock { $0.ended(member) }
            self?.keeper.ended(member)
            member.environment.log.close()
        }
        if environment.hasEnded { return ended() }
        // They hold the environment in a circle, until its end cuts it.
        environment.onAnswered = { [weak self] in self?.pool.withLock { $0.answered(member) } }
        environment.onIdle = { [weak self] in self?.becameIdle(member, at: $0) }
        environment.onExpired = { [weak self] in self?.expired(member) }
        environment.onEnded = ended
    }

    /// Keeps the provisioned environments.
    var keeper: ProvisionedKeeper {
        keeperOnceNeeded.withLock { keeper in
            if let keeper { return keeper }
            let new = ProvisionedKeeper { [weak self] function, key async throws(ProvisionedKeeper.Failure) in
                try await self?.startProvisioned(function, for: key)
            } end: { [weak self] in
                self?.retire($0)
            }
            keeper = new
            return new
        }
    }

    // MARK: Idle environments

    /// On the environment's loop.
    private func becameIdle(_ member: PooledEnvironment<ExecutionEnvironment>, at now: ContinuousClock.Instant) {
        let environment = member.environment
        let keep = environment.born.duration(to: now) < configuration.maximumAge
        let isPooled = pool.withLock { pool in pool.idle(member) && (keep || !pool.takeIdle(member)) }
        guard isPooled else { return environment.end() }
        rest(member)
    }

    /// On the environment's loop.
    func rest(_ member: PooledEnvironment<ExecutionEnvironment>) {
        let environment = member.environment
        // One that is provisioned ends when it is too old, and is replaced.
        let endAfter =
            environment.function.provisioning == nil
            ? configuration.endAfter
            : TimeAmount(configuration.maximumAge - environment.born.duration(to: .now))
        environment.rest(freezeAfter: configuration.freezeAfter, endAfter: endAfter)
    }

    /// On the environment's loop.
    private func expired(_ member: PooledEnvironment<ExecutionEnvironment>) {
        if pool.withLock({ $0.takeIdle(member) }) { member.environment.end() }
    }
}

extension FunctionVersion {
    /// How long an invocation may take.
    var budget: TimeAmount { .seconds(Int64(timeout)) }
}

public import Execution
import NIOCore
import NIOPosix
import Sandbox
import ServiceKit
import Synchronization

extension DataPlane {
    /// What AWS says of a function whose initialisation fails.
    private static let initFailure = "FUNCTION_ERROR_INIT_FAILURE"

    /// Starts a provisioned environment and takes it into the pool, idle.
    func startProvisioned(
        _ function: FunctionVersion, for key: ProvisionedKeeper.Key
    ) async throws(ProvisionedKeeper.Failure) {
        let loop = group.next()
        let log = starter.makeLog(function, on: loop)
        let environment: ExecutionEnvironment
        do {
            // The first attempt is nobody's invocation.
            let attempt = InitAttempt(
                starter: starter, function: function,
                request: InvocationRequest(requestID: "", payload: [], invokedFunctionARN: ""), log: log, loop: loop)
            switch try await admitted(function, { try await hurried { try await attempt.first() } }) {
            case .ready(let ready): environment = ready
            case .failed: throw ProvisionedKeeper.Failure(reason: Self.initFailure)
            }
        } catch {
            loop.execute { log.close() }
            if let failure = error as? ProvisionedKeeper.Failure { throw failure }
            let shown = Self.serviceError(error, function: function, logger: logger)
            throw ProvisionedKeeper.Failure(reason: (shown as? AWSError)?.message ?? Self.initFailure)
        }
        let isAlive = try? await loop.submit { [self] in
            guard !environment.hasEnded else { return false }
            let member = pool.withLock { $0.provisioned(environment, function: function) }
            connect(member)
            if keeper.adopt(member, key) {
                rest(member)
            } else {
                retire(member)
            }
            return true
        }.get()
        guard isAlive == true else {
            loop.execute { log.close() }
            throw ProvisionedKeeper.Failure(reason: Self.initFailure)
        }
    }

    /// Ends an environment as soon as it has nothing to do.
    func retire(_ member: PooledEnvironment<ExecutionEnvironment>) {
        let environment = member.environment
        if pool.withLock({ $0.retire(member) }) { environment.loop.execute { environment.end() } }
    }
}

extension DataPlane: ConcurrencyControl {
    public func reserve(_ function: FunctionName, executions: Int?) {
        pool.withLock { $0.reserve(function, executions: executions) }
    }

    public func provision(_ function: FunctionName, _ configurations: [ProvisionedConfiguration]) {
        let executions = Dictionary(
            configurations.map { ($0.qualifier, $0.requested) }, uniquingKeysWith: { $0 + $1 })
        pool.withLock { $0.provision(function, executions: executions) }
        keeper.set(function, configurations)
    }

    public func provisioned(_ function: FunctionName, qualifier: String) -> ProvisionedState? {
        keeper.state(ProvisionedKeeper.Key(function: function, qualifier: qualifier))
    }
}

import Execution
import Logging
import NIOCore
import NIOPosix
import Sandbox
import ServiceKit
import ServiceModel
import Synchronization

extension DataPlane {
    /// Runs an invocation in an environment that is started for it.
    func coldStart(_ function: FunctionVersion, _ request: InvocationRequest) async throws -> InvocationResult {
        let began = ContinuousClock.now
        // Where the caller is already, if that is a loop: then an invocation never changes threads.
        let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? group.next()
        let log = starter.makeLog(function, on: loop)
        let attempt = InitAttempt(starter: starter, function: function, request: request, log: log, loop: loop)
        do {
            switch try await admitted(function, { try await hurried(on: loop) { try await attempt.first() } }) {
            case .ready(let environment):
                observatory.startedCold(function)
                adopt(environment)
                environment.wasWaitedFor(since: began)
                return try await invoke(environment, request, budget: function.budget, reportsInit: true)
            case .failed:
                // As on AWS, initialisation is tried once more, now as part of the invocation. The first environment has
                // ended, and what it had may be another's by now.
                let again = ContinuousClock.now
                let second = try await admitted(function) { try await hurried(on: loop) { try await attempt.second() } }
                observatory.startedCold(function)
                switch second {
                case .ready(let environment):
                    adopt(environment)
                    environment.wasWaitedFor(since: began, again: again)
                    return try await invoke(environment, request, budget: function.budget, reportsInit: false)
                case .failed(let result, let outcome, let duration):
                    pool.withLock { $0.startFailed(function) }
                    observatory.note(function, invokedARN: request.invokedFunctionARN) {
                        $0.ended(outcome, milliseconds: duration)
                    }
                    return result
                }
            }
        } catch {
            pool.withLock { $0.startFailed(function) }
            loop.execute { log.close() }
            throw Self.serviceError(error, function: function, logger: logger)
        }
    }

    /// Runs a cold start, during which no stem is started, nor before the event that waits for it has gone to the environment.
    func hurried<Result>(on loop: any EventLoop, _ start: () async throws -> Result) async throws -> Result {
        guard let stems else { return try await start() }
        stems.hurry()
        defer { loop.execute { stems.calmDown() } }
        return try await start()
    }

    /// Takes a new environment into the pool, in use.
    private func adopt(_ environment: ExecutionEnvironment) {
        let member = pool.withLock { $0.started(environment, function: environment.function) }
        environment.loop.execute { [self] in connect(member) }
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

    /// What the caller sees when the machine, not the function, is at fault.
    static func serviceError(_ error: any Error, function: FunctionVersion, logger: Logger) -> any Error {
        if error is AWSError || error is CancellationError { return error }
        logger.error("no environment for \(function.unqualifiedARN): \(error)")
        let message: String
        switch error {
        case let missing as RuntimeMissing: message = missing.message
        case let full as MachineAdmission.NoRoom: message = full.message
        case SandboxError.exhausted(let what):
            message = "This machine has no room for another execution environment: \(what)"
        case SandboxError.launcherLost: message = "The launcher of sandboxes has ended; restart Martlet."
        default: message = "An execution environment could not be started."
        }
        return AWSError(
            "ServiceException", shape: "ServiceException", status: 500, message: message, fields: ["Type": "Service"])
    }
}

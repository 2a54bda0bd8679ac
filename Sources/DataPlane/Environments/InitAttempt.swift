import Execution
import NIOCore
import Sandbox
import ServiceKit

/// The initialisation of a new environment: up to two attempts that share one log, as on AWS.
struct InitAttempt: Sendable {
    enum First {
        case ready(ExecutionEnvironment)
        case failed
    }

    enum Second {
        /// Initialised within the invocation, which goes on in the environment.
        case ready(ExecutionEnvironment)
        /// With how long it took, in milliseconds.
        case failed(InvocationResult, InvocationOutcome, duration: Double)
    }

    let starter: EnvironmentStarter
    let function: FunctionVersion
    let request: InvocationRequest
    let log: EnvironmentLog
    let loop: any EventLoop

    /// The attempt outside the invocation, bounded by the init phase's own limit.
    func first() async throws -> First {
        let began = ContinuousClock.now
        let environment: ExecutionEnvironment
        do {
            environment = try await starter.start(function, log: log, on: loop)
        } catch SandboxError.invalidEntrypoint(let why) {
            report(began, phase: "init", status: "error", errorType: FunctionFailure.invalidEntrypoint(why).errorType)
            return .failed
        }
        let outcome = try await initialized(environment, within: .nanoseconds(Self.initLimit))
        switch outcome {
        case .ready:
            environment.limitCPU()
            return .ready(environment)
        case .failed(_, let errorType):
            await end(environment)
            report(began, phase: "init", status: "error", errorType: errorType)
        case .exited(let exit):
            report(began, phase: "init", status: "error", errorType: environment.failure(for: exit).errorType)
        case .broken(let failure):
            await end(environment)
            report(began, phase: "init", status: "error", errorType: failure.errorType)
        case .timedOut:
            await end(environment)
            report(began, phase: "init", status: "timeout", errorType: nil)
        }
        return .failed
    }

    /// The attempt that is part of the invocation: it has the function's own timeout.
    func second() async throws -> Second {
        let began = ContinuousClock.now
        loop.execute {
            if request.wantsLogTail { log.beginTail() }
            log.platform(.start(requestID: request.requestID, version: function.version))
        }
        let environment: ExecutionEnvironment
        do {
            environment = try await starter.start(function, log: log, on: loop)
        } catch SandboxError.invalidEntrypoint(let why) {
            return await conclude(
                began, failure: .invalidEntrypoint(why), payload: nil, errorType: nil, peak: nil)
        }
        switch try await initialized(environment, within: function.budget) {
        case .ready:
            environment.limitCPU()
            try await loop.submit { environment.startedInvocation = began }.get()
            return .ready(environment)
        case .failed(let payload, let errorType):
            let exit = await end(environment)
            return await conclude(
                began, failure: nil, payload: payload, errorType: errorType, peak: exit.peakMemory)
        case .exited(let exit):
            return await conclude(
                began, failure: environment.failure(for: exit), payload: nil, errorType: nil, peak: exit.peakMemory)
        case .broken(let failure):
            let exit = await end(environment)
            return await conclude(
                began, failure: failure, payload: nil, errorType: nil, peak: exit.peakMemory)
        case .timedOut:
            let exit = await end(environment)
            return await conclude(
                began, failure: .timedOut(after: function.timeout), payload: nil, errorType: nil,
                peak: exit.peakMemory)
        }
    }

    private static let initLimit = Int64(InvocationLimits.initialization.components.seconds) * 1_000_000_000

    private func initialized(
        _ environment: ExecutionEnvironment, within limit: TimeAmount
    ) async throws -> ExecutionEnvironment.Initialization {
        try await loop.flatSubmit { environment.initialized(within: limit) }.get()
    }

    @discardableResult
    private func end(_ environment: ExecutionEnvironment) async -> SandboxExit {
        loop.execute { environment.end() }
        return await environment.sandbox.exit()
    }

    private func report(_ began: ContinuousClock.Instant, phase: String, status: String, errorType: String?) {
        let duration = Milliseconds.of(began.duration(to: .now))
        loop.execute {
            log.platform(
                .initReport(
                    duration: duration, phase: phase, status: status, errorType: errorType,
                    type: function.initializationType))
            log.flush()
        }
    }

    /// Writes the end of an invocation that never reached the handler.
    private func conclude(
        _ began: ContinuousClock.Instant, failure: FunctionFailure?, payload: [UInt8]?, errorType: String?, peak: Int64?
    ) async -> Second {
        let id = request.requestID
        let duration = Milliseconds.of(began.duration(to: .now))
        let type = failure?.errorType ?? errorType
        let status = failure?.reportStatus ?? "error"
        let tail = try? await loop.submit { () -> [UInt8]? in
            log.platform(.initReport(duration: duration, phase: "invoke", status: status, errorType: type))
            if let failure { log.platform(.failure(failure, requestID: id)) }
            log.platform(.end(requestID: id))
            log.platform(
                .report(
                    InvocationReport(
                        requestID: id, duration: duration, memorySize: function.memory, peakMemory: peak,
                        status: status,
                        errorType: type)))
            let tail = log.takeTail()
            log.close()
            return tail
        }.get()
        let result = InvocationResult(
            payload: payload ?? failure?.payload(requestID: id) ?? [], functionError: "Unhandled", logTail: tail ?? nil)
        return .failed(result, status == "timeout" ? .timeout : .error, duration: duration)
    }
}

extension ExecutionEnvironment {
    /// Limits the CPU share by memory, as AWS does after initialisation: 1,769 MB are one CPU.
    ///
    /// Nobody waits for it, and the event that waits for the environment goes first. Should it fail, the sandbox has ended, which is noticed.
    func limitCPU() {
        loop.execute { [sandbox, function] in
            Task { try? await sandbox.limitCPU(function.memory * 1000 / 1769) }
        }
    }
}

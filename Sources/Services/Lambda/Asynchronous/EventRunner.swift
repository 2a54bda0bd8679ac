import Execution
import Logging
import Persistence
import ServiceKit
import ServiceModel
import Synchronization

/// Takes events from functions' queues and runs the functions with them.
final class EventRunner: JobWorker {
    /// What the runner needs of the service, which is made after it.
    protocol Functions: AnyObject, Sendable {
        func queued(_ key: FunctionKey) async throws -> FunctionRecord?
        func runnable(_ version: VersionRecord) async throws -> FunctionVersion
        func isPending(_ version: VersionRecord) -> Bool
    }

    private struct Lane {
        var window = InvocationWindow()
        var running = 0
        /// What the function is limited to; nil: nothing was seen of it.
        var reserved: Int?
    }

    private let invoker: any FunctionInvoker
    private let time: any TimeSource
    private let metrics: AsyncMetrics
    private let logger = Logger(label: "martlet.lambda.events")
    private let lanes = Mutex<[String: Lane]>([:])
    private let functions = Mutex<WeakFunctions>(WeakFunctions())

    private struct WeakFunctions: Sendable { weak var value: (any Functions)? }

    init(invoker: any FunctionInvoker, time: any TimeSource, metrics: AsyncMetrics) {
        self.invoker = invoker
        self.time = time
        self.metrics = metrics
    }

    func connect(_ functions: any Functions) { self.functions.withLock { $0.value = functions } }

    // MARK: JobWorker

    func window(_ lane: JobLane) -> Int {
        lanes.withLock { lanes in
            guard let known = lanes[lane.name] else { return InvocationWindow.least }
            return max(1, min(known.window.size, known.reserved ?? .max))
        }
    }

    func run(_ job: Job) async -> JobOutcome {
        guard let key = AsyncEvent.key(lane: job.lane.name), let event = AsyncEvent(bytes: job.payload) else {
            logger.error("A queued event cannot be read and is dropped.", metadata: ["lane": "\(job.lane.name)"])
            return .done
        }
        do {
            guard let functions = functions.withLock({ $0.value }) else {
                return .retry(at: time.now.advanced(by: .seconds(1)))
            }
            guard let function = try await functions.queued(key) else {
                // Deleted, with all that was queued for it.
                metrics.note(key, event.qualifier) { $0.dropped += 1 }
                return .done
            }
            return try await run(event, function, functions, lane: job.lane.name)
        } catch {
            return refused(event, FunctionEvents(key: key, event: event, record: nil, deadLetterTarget: nil), error)
        }
    }

    private func run(
        _ event: AsyncEvent, _ function: FunctionRecord, _ functions: any Functions, lane: String
    ) async throws -> JobOutcome {
        let now = time.now
        guard let version = function.version(for: event.qualifier, random: { Double.random(in: 0..<1) }) else {
            metrics.note(function.key, event.qualifier) { $0.dropped += 1 }
            return .done
        }
        let settings = FunctionEvents(
            key: function.key, event: event,
            record: function.eventInvokes[event.qualifier ?? latestVersion],
            deadLetterTarget: version.settings.deadLetterTarget, role: version.settings.role)
        if settings.policy.isExpired(event, at: now) { return discard(settings, .eventAgeExceeded, nil) }
        if function.reservedConcurrency == 0 { return discard(settings, .zeroReservedConcurrency, nil) }
        if function.stopsLoop(event.traceHeader) { return discard(settings, .recursiveInvocation, nil) }
        if functions.isPending(version) { return .retry(at: now.advanced(by: .seconds(1))) }

        let runnable = try await functions.runnable(version)
        begin(lane, reserved: function.reservedConcurrency)
        let began = ContinuousClock.now
        let result: InvocationResult
        do {
            result = try await invoker.invoke(
                runnable,
                Execution.InvocationRequest(
                    requestID: event.requestID, payload: event.payload, clientContext: event.clientContext,
                    invokedFunctionARN: function.key.arn(event.qualifier), traceHeader: event.traceHeader))
        } catch {
            end(lane, after: nil)
            return refused(event, settings, error)
        }
        end(lane, after: ContinuousClock.now - began)
        metrics.note(function.key, event.qualifier) {
            $0.age.add(Double(now.milliseconds - event.received.milliseconds))
        }
        return ended(settings, version.version, result)
    }

    /// The function has run with the event.
    private func ended(_ settings: FunctionEvents, _ version: String, _ result: InvocationResult) -> JobOutcome {
        var settings = settings
        settings.event.invocations += 1
        settings.event.refusals = 0
        let response = InvocationRecord.Response(
            executedVersion: version, functionError: result.functionError, payload: result.payload)
        guard result.functionError != nil else {
            guard let job = settings.success(response, at: time.now) else { return .done }
            return .doneWith { try $0.enqueue(job) }
        }
        switch settings.policy.afterError(settings.event, at: time.now) {
        case .retry(let due): return .retry(at: due, payload: settings.event.bytes)
        case .discard(let reason): return discard(settings, reason, response)
        }
    }

    /// The function could not be run with the event.
    private func refused(_ event: AsyncEvent, _ settings: FunctionEvents, _ error: any Error) -> JobOutcome {
        if !(error is AWSError) {
            logger.error("A queued event could not be run.", metadata: ["error": "\(error)"])
        }
        var settings = settings
        settings.event.refusals += 1
        switch settings.policy.afterRefusal(settings.event, at: time.now) {
        case .retry(let due): return .retry(at: due, payload: settings.event.bytes)
        case .discard(let reason): return discard(settings, reason, nil)
        }
    }

    private func discard(
        _ settings: FunctionEvents, _ reason: DiscardReason, _ response: InvocationRecord.Response?
    ) -> JobOutcome {
        metrics.note(settings.key, settings.event.qualifier) { $0.dropped += 1 }
        let jobs = settings.failure(reason, response, at: time.now)
        if jobs.isEmpty { return .done }
        return .doneWith { transaction in for job in jobs { try transaction.enqueue(job) } }
    }

    // MARK: Windows

    private func begin(_ lane: String, reserved: Int?) {
        lanes.withLock { lanes in
            lanes[lane, default: Lane()].running += 1
            lanes[lane]?.reserved = reserved
        }
    }

    /// After nil: it was refused.
    private func end(_ lane: String, after duration: Duration?) {
        let idle = invoker.idleProcessors
        lanes.withLock { lanes in
            guard var known = lanes[lane] else { return }
            defer { lanes[lane] = known }
            if let duration {
                let (seconds, attoseconds) = duration.components
                known.window.ended(
                    after: Double(seconds) * 1000 + Double(attoseconds) / 1e15, running: known.running,
                    idle: idle)
            }
            // What ran when the function was deleted is not counted any more.
            known.running = max(0, known.running - 1)
            if duration == nil {
                known.window.refused(running: known.running)
            }
        }
    }

    /// What was learnt of a function goes with it.
    func forget(_ key: FunctionKey) { lanes.withLock { $0[AsyncEvent.lane(key)] = nil } }

    func reset() { lanes.withLock { $0 = [:] } }
}

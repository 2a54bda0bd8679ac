import Execution
import NIOCore
import RuntimeAPI
import Sandbox
import ServiceKit

/// One execution environment: a sandbox, its Runtime API, and the invocation that it serves, if any.
///
/// Confined to one event loop: everything but the `let`s is touched there alone, which is what makes it sendable.
final class ExecutionEnvironment: @unchecked Sendable {
    /// How initialisation ended.
    enum Initialization: Sendable {
        case ready
        /// The runtime reported it: AWS's error JSON, and its type.
        case failed(payload: [UInt8], errorType: String)
        case exited(SandboxExit)
        /// Something else than the runtime failed: an extension.
        case broken(FunctionFailure)
        case timedOut
    }

    let function: FunctionVersion
    /// What stands for the function in the lineage of a chain of invocations.
    private let lineage: String
    let loop: any EventLoop
    let log: EnvironmentLog
    let sandbox: any Sandbox
    let memory: MemoryMeter
    let observed = EnvironmentObservation()
    let born: ContinuousClock.Instant
    /// Told when the runtime has answered, before it asks for the next event.
    var onAnswered: (@Sendable () -> Void)?
    /// Told when the environment waits for an event after an invocation.
    var onIdle: (@Sendable (ContinuousClock.Instant) -> Void)?
    /// Told once, when it has ended.
    var onEnded: (@Sendable () -> Void)?
    /// Told when the environment has been idle for so long that it shall end.
    var onExpired: (@Sendable () -> Void)?
    /// When the invocation to come began, if it has already: the initialisation is part of it, and its START is written.
    var startedInvocation: ContinuousClock.Instant?

    /// Its extensions, if any can register.
    let extensionHost: EnvironmentExtensions?

    var lifecycle = EnvironmentLifecycle()
    var waiting: (any RuntimeAPICaller)?
    var pending: RuntimeEvent?
    var invocation: RunningInvocation?
    private var initialization: EventLoopPromise<Initialization>?
    var outcomeOfInit: Initialization?
    var reportedInit: (payload: [UInt8], errorType: String)?
    var exit: SandboxExit?
    /// How the runtime ended, where that is not the sandbox's end.
    var runtimeStatus: SandboxExit.Status?
    /// The runtime is done with the invocation; extensions are not.
    var waitsForExtensions = false
    private(set) var initDuration: Double = 0
    private var isFirstInvocation = true
    var freezing: Task<Void, Never>?
    var output: OutputReader?
    var closeEndpoints: [@Sendable () -> Void] = []
    private var endAfter = TimeAmount.minutes(8)
    var follower: Follower?
    lazy var patience = EnvironmentAlarm(loop: loop) { [unowned self] in rang($0) }
    lazy var alarm = EnvironmentAlarm(loop: loop) { [unowned self] in rang($0) }
    var isAbandoned = false

    init(
        _ function: FunctionVersion, sandbox: any Sandbox, log: EnvironmentLog, loop: any EventLoop,
        born: ContinuousClock.Instant, extensions: EnvironmentExtensions? = nil
    ) {
        extensionHost = extensions
        self.function = function
        lineage = InvocationLineage.hash(functionARN: function.unqualifiedARN)
        self.sandbox = sandbox
        self.log = log
        self.loop = loop
        self.born = born
        memory = MemoryMeter(sandbox)
        extensions?.environment = self
    }

    // MARK: Starting

    /// Waits for the end of initialisation. On the loop; once.
    func initialized(within limit: TimeAmount) -> EventLoopFuture<Initialization> {
        let promise = loop.makePromise(of: Initialization.self)
        if let outcomeOfInit {
            promise.succeed(outcomeOfInit)
            return promise.futureResult
        }
        initialization = promise
        let timer = loop.assumeIsolated().scheduleTask(in: limit) { self.finishInit(.timedOut) }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        return promise.futureResult
    }

    func finishInit(_ outcome: Initialization) {
        guard outcomeOfInit == nil else { return }
        outcomeOfInit = outcome
        initDuration = Milliseconds.of(born.duration(to: .now))
        if case .ready = outcome { reportInit() }
        extensionHost?.initialized(log)
        let promise = initialization
        initialization = nil
        promise?.succeed(outcome)
    }

    // MARK: Invoking

    /// Gives the environment an event. On the loop; only when it is idle. `done` is called after this function has returned.
    func begin(
        _ event: InvocationEvent, reportsInit: Bool, budget: TimeAmount,
        done: @escaping InvocationDone
    ) {
        let now = RealTime.milliseconds
        let trace = TraceHeader(event.traceHeader, now: now / 1000, lineage: lineage)
        let running = RunningInvocation(
            event, trace: trace, initDuration: isFirstInvocation && reportsInit ? initDuration : nil,
            started: startedInvocation, done: done)
        isFirstInvocation = false
        invocation = running
        var budget = budget
        if let startedInvocation {
            self.startedInvocation = nil
            budget = max(.milliseconds(1), budget - TimeAmount(startedInvocation.duration(to: running.accepted)))
        } else {
            if event.wantsLogTail { log.beginTail() }
            log.platform(.start(requestID: event.requestID, version: function.version))
        }
        guard lifecycle.begin(requestID: event.requestID), exit == nil else {
            return loop.execute { self.complete(failure: self.exit.map { self.failure(for: $0) } ?? .exited(.code(0))) }
        }
        let message = RuntimeEvent(
            requestID: event.requestID, deadline: now + budget.nanoseconds / 1_000_000,
            invokedFunctionARN: event.invokedFunctionARN, traceID: trace.value,
            clientContext: event.clientContext.map(HeaderText.singleLine),
            payload: event.payload.readableBytes == 0 ? ByteBuffer(string: "{}") : event.payload)
        alarm.set(.timeout, in: budget)
        guard let freezing else { return deliver(message, at: running.accepted) }
        self.freezing = nil
        Task { [sandbox, loop] in
            await freezing.value
            try? await sandbox.thaw()
            loop.execute { self.deliver(message, at: .now) }
        }
    }

    private func rang(_ due: EnvironmentAlarm.Due) {
        switch due {
        case .timeout: timedOut()
        case .follower: dismissFollower()
        case .freeze:
            freeze()
            alarm.set(.end, in: endAfter)
        case .end: onExpired?()
        }
    }

    private func deliver(_ event: RuntimeEvent, at now: ContinuousClock.Instant) {
        guard let invocation, invocation.event.requestID == event.requestID else { return }
        invocation.began = now
        extensionHost?.begin(event)
        guard let waiting else {
            // The runtime's connection broke; it gets the event when it asks again.
            pending = event
            return
        }
        self.waiting = nil
        waiting.deliver(event)
    }

    private func timedOut() {
        guard let invocation else { return }
        invocation.failure = .timedOut(after: function.timeout)
        end(.timeout)
        drainOutput()
        complete(failure: .timedOut(after: function.timeout))
    }

    /// Completes the invocation behind all that the loop has heard of by now. Before, the loop may know of output that it has
    /// not read; and nobody waits for this but who wants the log.
    func completeSoon() {
        guard let ending = invocation else { return }
        loop.execute { [self] in
            if invocation === ending { complete(failure: nil) }
        }
    }

    /// The invocation is over: what remains is to say so. On the loop, but in no channel's event.
    func complete(failure: FunctionFailure?) {
        guard let invocation else { return }
        alarm.clear()
        drainOutput()
        let now = ContinuousClock.now
        invocation.ended = invocation.ended ?? now
        if let failure { invocation.failure = failure }
        tellDone(invocation)
        if let peak = memory.current(now: now) {
            finish(invocation, at: now, peak: peak)
        } else {
            Task { [memory, loop] in
                let peak = await memory.measure()
                loop.execute { self.finish(invocation, at: now, peak: peak) }
            }
        }
    }

    private func finish(_ invocation: RunningInvocation, at now: ContinuousClock.Instant, peak: Int64?) {
        guard self.invocation === invocation else { return }
        self.invocation = nil
        observed.finished(invocation, at: now, peak: peak)
        let id = invocation.event.requestID
        let time = log.now
        log.lineEnded(at: time)
        if let failure = invocation.failure { log.platform(.failure(failure, requestID: id), at: time) }
        log.platform(.end(requestID: id), at: time)
        log.platform(
            .report(
                InvocationReport(
                    requestID: id, duration: invocation.duration, initDuration: invocation.initDuration,
                    memorySize: function.memory, peakMemory: peak, status: invocation.failure?.reportStatus,
                    errorType: invocation.failure?.errorType,
                    traceID: invocation.trace.sampled ? invocation.trace.root : nil)), at: time)
        let tail = log.takeTail()
        log.flush()
        if case .ready = lifecycle.state, exit == nil {
            onIdle?(now)
            if let follower {
                self.follower = nil
                patience.clear()
                begin(follower.event, reportsInit: false, budget: follower.budget, done: follower.done)
            }
        }
        invocation.tell(tail: tail)
    }

    // MARK: Idling and ending

    /// Whether it can take an event. On the loop.
    var isIdle: Bool {
        if case .ready = lifecycle.state { return exit == nil && invocation == nil }
        return false
    }

    /// Nobody needs the environment for now: it stops after one time, and expires after another. On the loop.
    func rest(freezeAfter: TimeAmount, endAfter: TimeAmount) {
        self.endAfter = endAfter
        alarm.set(.freeze, in: freezeAfter)
    }

    /// Stops the processes until the next event.
    private func freeze() {
        guard isIdle, freezing == nil else { return }
        extensionHost?.telemetry.pause()
        freezing = Task { [sandbox] in try? await sandbox.freeze() }
    }

    /// The sandbox is gone. On the loop.
    func sandboxEnded(_ exit: SandboxExit) {
        guard self.exit == nil else { return }
        var exit = exit
        if let runtimeStatus { exit.status = runtimeStatus }
        self.exit = exit
        memory.ended(exit.peakMemory)
        lifecycle.end()
        drainOutput()
        log.outputEnded()
        if let reportedInit {
            finishInit(.failed(payload: reportedInit.payload, errorType: reportedInit.errorType))
        } else {
            finishInit(.exited(exit))
        }
        if let invocation {
            // An answer that was given before the end counts.
            complete(failure: invocation.failure ?? (invocation.isAnswered ? nil : failure(for: exit)))
        }
        log.flush()
        extensionHost?.ended()
        closeAll()
        dismissFollower()
        onEnded?()
        (onEnded, onIdle, onAnswered, onExpired) = (nil, nil, nil, nil)
        alarm.stop()
        patience.stop()
    }

    func drainOutput() {
        output?.drain(atEnd: hasEnded)
        log.flush()
    }
}

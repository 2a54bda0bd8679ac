import Execution
import Foundation
import NIOCore
import RuntimeAPI
import Sandbox
import ServiceKit

/// The extensions of one environment: it answers their calls, hands them events, and ends them. Confined to the environment's event
/// loop.
final class EnvironmentExtensions: ExtensionsAPISession, @unchecked Sendable {
    let telemetry: TelemetryHub
    let function: FunctionVersion
    private(set) var registry = ExtensionRegistry()
    /// The environment has them from before its first process runs until it ends.
    weak var environment: ExecutionEnvironment?
    private var callers: [String: any ExtensionsAPICaller] = [:]
    private var subscribedAPI: TelemetrySubscription.API?
    // Of a sandbox with external extensions.
    private(set) var processes: ExtensionProcesses?
    private var names: [Int: String] = [:]
    private var parsers: [Int: OutputParser] = [:]
    private var allStarted = false
    /// Whether the supervisor has started the runtime, and it has not ended.
    private(set) var runtimeRuns = false
    private var isOver = false
    private var shutdown: ShutdownPhase?

    init(_ function: FunctionVersion, telemetry: TelemetryHub) {
        self.function = function
        self.telemetry = telemetry
    }

    // MARK: What holds now

    /// Whether the environment may serve, as far as its extensions are concerned.
    var isInitialized: Bool { (processes == nil || allStarted) && registry.isInitialized }

    /// Whether no extension works on an event.
    var isIdle: Bool { registry.isIdle }

    /// Whether somebody is to be told of the end.
    var wantsShutdown: Bool { !isOver && (processes != nil || !registry.isEmpty) }

    // MARK: The environment's life

    /// The supervisor will connect: the extensions are processes.
    func supervise(_ socket: NIOBSDSocket.Handle, on loop: any EventLoop) -> EventLoopFuture<Void> {
        let processes = ExtensionProcesses(
            isBlocked: { [weak self] in self?.environment?.log.isBlocked ?? false },
            report: { [weak self] in self?.heard($0) })
        self.processes = processes
        return processes.listen(socket, on: loop)
    }

    /// Initialisation is over, well or not.
    func initialized(_ log: EnvironmentLog) {
        for item in registry.extensions {
            log.platform(
                .extensionState(
                    name: item.name, state: item.state.rawValue, events: item.events.map(\.rawValue),
                    errorType: item.errorType))
        }
        registry.initialized()
        telemetry.initialized()
        if telemetry.isEmpty {
            log.telemetry = nil
            telemetry.close()
        }
    }

    /// Tells everybody who wants to know of an invocation.
    func begin(_ event: RuntimeEvent) {
        guard !registry.isEmpty else { return }
        telemetry.resume()
        send(
            .invoke(
                requestID: event.requestID, deadline: event.deadline, functionARN: event.invokedFunctionARN,
                trace: event.traceID))
    }

    func send(_ event: ExtensionEvent) {
        for id in registry.begin(event) {
            if let caller = callers.removeValue(forKey: id) {
                caller.answer(ExtensionsAPIAnswer(event, identifier: RandomUUID.make()))
            } else {
                registry.undelivered(id: id, event)
            }
        }
    }

    /// Ends the environment as AWS does: the runtime first, then whoever wants to know.
    func shutDown(
        _ reason: ExtensionEvent.ShutdownReason, of environment: ExecutionEnvironment, wasFrozen: Bool = false
    ) {
        guard shutdown == nil, !isOver else { return }
        telemetry.flush()
        let phase = ShutdownPhase(reason, extensions: self, environment: environment)
        shutdown = phase
        phase.begin(wasFrozen: wasFrozen)
    }

    /// The sandbox is gone.
    func ended() {
        isOver = true
        shutdown?.cancel()
        shutdown = nil
        processes?.close()
        telemetry.close()
        callers = [:]
        environment = nil
    }

    // MARK: Processes

    private func heard(_ report: ExtensionProcesses.Report) {
        guard let environment, !isOver else { return }
        switch report {
        case .started(let index, let name):
            names[index] = name
            registry.started(name)
        case .notStarted(let index, let name, let error):
            names[index] = name
            registry.launchFailed(name, errorType: error == EACCES ? "PermissionDenied" : "UnknownReason")
            let reason = String(cString: strerror(error)).lowercased()
            environment.fail(
                .extensionFailed(
                    type: "Extension.LaunchError", reason: "fork/exec /opt/extensions/\(name): \(reason)"))
        case .allStarted:
            allStarted = true
            runIfRegistered()
        case .printed(let index, let bytes):
            parsers[index, default: OutputParser()].consume(bytes) { environment.log.extensionLine($0) }
            environment.log.flush()
        case .runtimeStarted: runtimeRuns = true
        case .runtimeNotStarted(let error):
            environment.fail(.invalidEntrypoint("fork/exec: \(String(cString: strerror(error)).lowercased())"))
        case .runtimeEnded(let signal, let code):
            runtimeRuns = false
            let status: SandboxExit.Status = signal.map { .signal($0) } ?? .code(code)
            if let shutdown { shutdown.runtimeEnded() } else { environment.runtimeEnded(status) }
        case .ended(let index, let signal, let code):
            parsers[index]?.finish { environment.log.extensionLine($0) }
            environment.log.flush()
            guard let name = names[index] else { return }
            let known = registry.extensions.first { $0.name == name }
            let isFailure = registry.exited(name)
            if let shutdown { return shutdown.extensionEnded() }
            guard isFailure, known?.state != .initError, known?.state != .exitError else { return }
            let reason = signal.map { "signal: \($0)" } ?? "exit status \(code)"
            environment.fail(.extensionFailed(type: "Extension.Crash", reason: reason))
        }
    }

    private func runIfRegistered() {
        if allStarted, registry.externalsAreRegistered { processes?.order(.run) }
    }

    // MARK: ExtensionsAPISession

    func register(name: String?, wantsAccount: Bool, body: ByteBuffer) -> ExtensionsAPIAnswer {
        do throws(ExtensionRefusal) {
            guard let name, !name.isEmpty else { throw .missingName }
            let registration = try ExtensionRegistration(json: body.readableBytesView)
            let id = RandomUUID.make()
            try registry.register(name: HeaderText.singleLine(name), events: registration.events, id: id)
            runIfRegistered()
            var fields = [
                ("functionName", function.name), ("functionVersion", function.version), ("handler", function.handler),
            ]
            if wantsAccount { fields.append(("accountId", function.account)) }
            return ExtensionsAPIAnswer(
                headers: [.init("Lambda-Extension-Identifier", id)], body: JSONText.object(fields))
        } catch {
            return ExtensionsAPIAnswer(error)
        }
    }

    func next(identifier: String?, _ caller: any ExtensionsAPICaller) -> ExtensionsAPIAnswer? {
        do throws(ExtensionRefusal) {
            let id = try Self.identifier(identifier)
            switch try registry.next(id: id) {
            case .event(let event): return ExtensionsAPIAnswer(event, identifier: RandomUUID.make())
            case .wait:
                callers[id] = caller
                environment?.extensionsChanged()
                return nil
            }
        } catch {
            return ExtensionsAPIAnswer(error)
        }
    }

    func failInitialization(identifier: String?, errorType: String?) -> ExtensionsAPIAnswer {
        failed(identifier, errorType, "Extension.InitError") { registry, id, type throws(ExtensionRefusal) in
            try registry.failInitialization(id: id, errorType: type)
        }
    }

    func failExit(identifier: String?, errorType: String?) -> ExtensionsAPIAnswer {
        failed(identifier, errorType, "Extension.ExitError") { registry, id, type throws(ExtensionRefusal) in
            try registry.failExit(id: id, errorType: type)
        }
    }

    private func failed(
        _ identifier: String?, _ errorType: String?, _ type: String,
        _ note: (inout ExtensionRegistry, String, String) throws(ExtensionRefusal) -> Void
    ) -> ExtensionsAPIAnswer {
        do throws(ExtensionRefusal) {
            let id = try Self.identifier(identifier)
            guard let errorType else { throw .missingErrorType }
            let reason = HeaderText.singleLine(errorType)
            try note(&registry, id, reason)
            if shutdown == nil { environment?.fail(.extensionFailed(type: type, reason: reason)) }
            return .accepted
        } catch {
            return ExtensionsAPIAnswer(error)
        }
    }

    func subscribe(identifier: String?, body: ByteBuffer, api: TelemetrySubscription.API) -> ExtensionsAPIAnswer {
        do {
            let id = try Self.identifier(identifier)
            let name = try registry.named(id).name
            guard !registry.isClosed else { return Self.refusedSubscription(api, "is available only during init") }
            if let subscribedAPI, subscribedAPI != api {
                return Self.refusedSubscription(api, "is not available after a subscription to the other API")
            }
            let subscription = try TelemetrySubscription(json: body.readableBytesView, api: api)
            subscribedAPI = api
            telemetry.subscribe(id, subscription)
            environment?.log.platform(.subscription(name: name, api: api, kinds: subscription.kinds))
            environment?.log.flush()
            return .subscribed
        } catch let refusal as TelemetrySubscription.Refusal {
            return ExtensionsAPIAnswer(status: 400, body: refusal.body)
        } catch let refusal as ExtensionRefusal {
            return ExtensionsAPIAnswer(refusal)
        } catch {
            return ExtensionsAPIAnswer(status: 500, body: "{}")
        }
    }

    func disconnected(_ caller: any ExtensionsAPICaller) {
        callers = callers.filter { $0.value !== caller }
    }

    private static func refusedSubscription(_ api: TelemetrySubscription.API, _ why: String) -> ExtensionsAPIAnswer {
        let name = api == .logs ? "Logs" : "Telemetry"
        return ExtensionsAPIAnswer(
            status: 403,
            body: JSONText.object([
                ("errorMessage", "\(name) API \(why)"), ("errorType", "\(name).NotSupported"),
            ]))
    }

    private static func identifier(_ text: String?) throws(ExtensionRefusal) -> String {
        guard let text, !text.isEmpty else { throw .missingIdentifier }
        guard UUID(uuidString: text) != nil else { throw .invalidIdentifier }
        return text.lowercased()
    }
}

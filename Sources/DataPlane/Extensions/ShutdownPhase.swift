import Execution
import NIOCore
import Sandbox

/// The end of an environment with extensions: the runtime gets SIGTERM and a moment; then each external extension that wants it
/// gets SHUTDOWN and the rest of the time; then everything is killed. Confined to the environment's event loop.
///
/// After a timeout or a failure the runtime is killed at once.
final class ShutdownPhase {
    private let reason: ExtensionEvent.ShutdownReason
    private let extensions: EnvironmentExtensions
    private let environment: ExecutionEnvironment
    private let start = ContinuousClock.now
    private let startMilliseconds = RealTime.milliseconds
    /// When a runtime that was frozen gets SIGTERM again, if it still runs: the first may have reached another thread than the
    /// one that interpreters handle signals in.
    private static let reminder: Duration = .milliseconds(150)

    private var reminderTimer: Scheduled<Void>?
    private var runtimeTimer: Scheduled<Void>?
    private var lastTimer: Scheduled<Void>?
    private var isTelling = false

    init(
        _ reason: ExtensionEvent.ShutdownReason, extensions: EnvironmentExtensions, environment: ExecutionEnvironment
    ) {
        self.reason = reason
        self.extensions = extensions
        self.environment = environment
    }

    func begin(wasFrozen: Bool) {
        guard let processes = extensions.processes else {
            // Internal ones are told nothing: they see the runtime's SIGTERM.
            guard reason == .spindown else { return kill() }
            terminate()
            if wasFrozen { reminderTimer = schedule(Self.reminder) { $0.terminate() } }
            lastTimer = schedule(ShutdownLimits.withInternalExtensions) { $0.kill() }
            return
        }
        lastTimer = schedule(ShutdownLimits.withExternalExtensions) { $0.kill() }
        guard extensions.runtimeRuns else { return tellExtensions() }
        if reason == .spindown {
            terminate()
            if wasFrozen { reminderTimer = schedule(Self.reminder) { $0.terminate() } }
            let limit =
                extensions.registry.hasInternals
                ? ShutdownLimits.withInternalExtensions : ShutdownLimits.runtime
            runtimeTimer = schedule(limit) { $0.extensions.processes?.order(.kill) }
        } else {
            processes.order(.kill)
        }
    }

    func runtimeEnded() {
        runtimeTimer?.cancel()
        reminderTimer?.cancel()
        tellExtensions()
    }

    func extensionEnded() {
        if isTelling, !extensions.registry.awaitsShutdown { quit() }
    }

    func cancel() {
        reminderTimer?.cancel()
        runtimeTimer?.cancel()
        lastTimer?.cancel()
    }

    private func tellExtensions() {
        guard !isTelling else { return }
        isTelling = true
        let (seconds, attoseconds) = ShutdownLimits.withExternalExtensions.components
        let limit = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        extensions.send(.shutdown(reason, deadline: startMilliseconds + limit))
        if !extensions.registry.awaitsShutdown { quit() }
    }

    /// The supervisor ends as the runtime did, so that its end tells why.
    private func quit() {
        extensions.telemetry.flush()
        extensions.processes?.order(.quit)
    }

    private func terminate() {
        if let processes = extensions.processes { return processes.order(.terminate) }
        Task { [sandbox = environment.sandbox] in await sandbox.terminate() }
    }

    private func kill() {
        Task { [sandbox = environment.sandbox] in await sandbox.kill() }
    }

    private func schedule(_ limit: Duration, _ body: @escaping (ShutdownPhase) -> Void) -> Scheduled<Void> {
        let (seconds, attoseconds) = limit.components
        return environment.loop.assumeIsolated().scheduleTask(
            in: .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        ) { [weak self] in
            if let self { body(self) }
        }
    }
}

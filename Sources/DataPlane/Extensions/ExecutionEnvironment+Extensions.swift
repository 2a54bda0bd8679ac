import Execution
import Sandbox

extension ExecutionEnvironment {
    /// An extension asked for its next event: that may have been what was waited for.
    func extensionsChanged() {
        guard let extensionHost else { return }
        if case .ready = lifecycle.state, outcomeOfInit == nil, extensionHost.isInitialized { finishInit(.ready) }
        if waitsForExtensions, extensionHost.isIdle {
            waitsForExtensions = false
            // What extensions do after the runtime is part of the duration.
            invocation?.ended = .now
            completeSoon()
        }
    }

    /// Something that the environment cannot do without has failed.
    func fail(_ failure: FunctionFailure) {
        guard exit == nil else { return }
        guard outcomeOfInit != nil else { return finishInit(.broken(failure)) }
        guard invocation != nil else { return kill() }
        end(.failure)
        complete(failure: failure)
    }

    /// The runtime has ended, and the sandbox has not: its extensions learn of it first.
    func runtimeEnded(_ status: SandboxExit.Status) {
        runtimeStatus = status
        alarm.clear()
        if invocation == nil, case .ready = outcomeOfInit { kill() } else { end(.failure) }
    }

    func tellDone(_ invocation: RunningInvocation) {
        guard let telemetry = log.telemetry, !invocation.isToldDone else { return }
        invocation.isToldDone = true
        telemetry.add(.runtimeDone(invocation.runtimeDone(invocation.failure, now: log.now)))
    }
}

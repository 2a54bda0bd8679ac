import Execution
import NIOCore
import Sandbox

extension ExecutionEnvironment {
    /// Whether the sandbox is gone. On the loop.
    var hasEnded: Bool { exit != nil }

    /// Ends what runs inside: at once if nobody there wants to know. On the loop.
    /// - Parameter reason: What extensions are told; nil: that nothing is to be done any longer, or that it never began.
    func end(_ reason: ExtensionEvent.ShutdownReason? = nil) {
        let wasReady = if case .ready = outcomeOfInit { true } else { false }
        lifecycle.end()
        alarm.stop()
        guard exit == nil, let extensionHost, extensionHost.wantsShutdown else { return kill() }
        let reason = reason ?? (wasReady ? .spindown : .failure)
        guard let freezing else { return extensionHost.shutDown(reason, of: self) }
        self.freezing = nil
        Task { [sandbox, loop] in
            await freezing.value
            try? await sandbox.thaw()
            // Threads wake one by one, and the first one awake gets a signal: interpreters want the main one to.
            loop.scheduleTask(in: .milliseconds(10)) { extensionHost.shutDown(reason, of: self, wasFrozen: true) }
        }
    }

    func kill() {
        lifecycle.end()
        Task { [sandbox] in await sandbox.kill() }
    }

    func failure(for exit: SandboxExit) -> FunctionFailure {
        if exit.outOfMemory { return .outOfMemory }
        return switch exit.status {
        case .code(let code): .exited(.code(code))
        case .signal(let signal): .exited(.signal(signal))
        }
    }
}

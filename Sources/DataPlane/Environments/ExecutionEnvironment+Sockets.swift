import Execution

/// What an environment holds of its sandbox.
extension ExecutionEnvironment {
    /// Takes over what reads the sandbox's output. On the loop.
    func attach(output: OutputReader) {
        self.output = output
        if exit != nil || isAbandoned { closeAll() }
    }

    /// Takes over a socket of the sandbox's that is served, by what ends that. On the loop.
    func attach(_ close: @escaping @Sendable () -> Void) {
        closeEndpoints.append(close)
        if exit != nil || isAbandoned { closeAll() }
    }

    /// It never came to be a function's: closes what was opened, without a word in the log. On the loop.
    func abandon() {
        lifecycle.end()
        isAbandoned = true
        closeAll()
    }

    /// Closes all of it.
    func closeAll() {
        output?.close()
        output = nil
        for close in closeEndpoints { close() }
        closeEndpoints = []
    }
}

import Execution
import NIOCore
import Sandbox
import Synchronization

extension DataPlane {
    /// Runs the start of an environment when the machine has memory for it.
    /// - Throws: ``MachineAdmission/NoRoom``, and what `start` does.
    func admitted<Result>(
        _ function: FunctionVersion, _ start: () async throws -> Result
    ) async throws -> Result {
        guard let admission else { return try await start() }
        return try await admission.admitted(
            need: MachineRoom.need(memory: function.memory), makeRoom: { await makeRoom($0, for: function) },
            start: start)
    }

    /// What an idle environment is taken to give back, in bytes: few give less.
    private static let giveBack: Int64 = 8 << 20

    /// Ends stems, which are nobody's; then environments of other functions that have been idle for longest.
    /// - Returns: whether there were any; they have ended then.
    private func makeRoom(_ bytes: Int64, for function: FunctionVersion) async -> Bool {
        if let stems, await stems.giveUp() { return true }
        let count = Int(min(64, max(2, bytes / Self.giveBack + 1)))
        let ending = pool.withLock { $0.takeLeastRecentlyUsed(count, sparing: function) }
        for environment in ending { environment.loop.execute { environment.end() } }
        for environment in ending { _ = await environment.sandbox.exit() }
        return !ending.isEmpty
    }
}

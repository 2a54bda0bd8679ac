import Execution
import ServiceKit

extension LambdaService: EventRunner.Functions {
    /// The function, from memory if it is known there; nil: there is none.
    func queued(_ key: FunctionKey) async throws -> FunctionRecord? { try await known(key) }

    func runnable(_ version: VersionRecord) async throws -> FunctionVersion { try await function(version) }

    func isPending(_ version: VersionRecord) -> Bool { settling.state(version.key, version.version) == .creating }
}

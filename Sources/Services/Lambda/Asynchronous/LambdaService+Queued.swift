import Execution
import ServiceKit

extension LambdaService: EventRunner.Functions {
    /// The function, from memory if it is known there; nil: there is none. The database has the last word, for it loses its events
    /// with it, and another node may have made it.
    func queued(_ key: FunctionKey) async throws -> FunctionRecord? {
        if let known = try await known(key) { return known }
        let function = try await store.read { try $0.function(key) }
        if let function { catalog.fill([function]) }
        return function
    }

    func runnable(_ version: VersionRecord) async throws -> FunctionVersion { try await function(version) }

    func isPending(_ version: VersionRecord) -> Bool { settling.state(version.key, version.version) == .creating }
}

import Execution
import ServiceKit

extension LambdaService: EventRunner.Functions {
    /// The function, from memory if it is known there; nil: there is none.
    func queued(_ key: FunctionKey) async throws -> FunctionRecord? {
        switch catalog.lookUp(key) {
        case .found(let function): return function
        case .missing: return nil
        case .unknown:
            let function = try await store.read { try $0.function(key) }
            if let function { catalog.fill([function]) }
            return function
        }
    }

    func runnable(_ version: VersionRecord) async throws -> FunctionVersion { try await function(version) }

    func isPending(_ version: VersionRecord) -> Bool { settling.state(version.key, version.version) == .creating }
}

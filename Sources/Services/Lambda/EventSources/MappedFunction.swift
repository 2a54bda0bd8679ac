import Execution
import Persistence
import ServiceKit

/// A mapping's function, resolved for invocations to come. A class, for it has many parts and is handed on with each batch.
final class MappedFunction: Sendable {
    let record: FunctionRecord
    let version: FunctionVersion
    /// With the mapping's qualifier.
    let arn: String
    /// The role in whose name the source is read.
    let principal: Principal
    /// The catalogue's count of changes when it was resolved; nil: it has to be resolved for each invocation.
    fileprivate let changes: Int?

    fileprivate init(_ record: FunctionRecord, _ version: FunctionVersion, _ qualifier: String?, changes: Int?) {
        self.record = record
        self.version = version
        arn = record.key.arn(qualifier)
        principal = .executionRole(version.role, of: record.key)
        self.changes = changes
    }
}

extension LambdaService: MappedFunctions {
    func mapping(_ key: MappingKey) async throws -> MappingRecord? { try await store.read { try $0.mapping(key) } }

    func enabledMappings(after key: MappingKey?, limit: Int) async throws -> [MappingRecord] {
        try await store.read { try $0.enabledMappings(after: key, limit: limit) }
    }

    var mappingsAreShared: Bool { store.database.engine == .postgres }

    func mapped(_ key: FunctionKey, _ qualifier: String?) async throws -> MappedFunction? {
        let changes = catalog.changes
        guard let function = try await queued(key),
            let version = function.version(for: qualifier, random: { Double.random(in: 0..<1) })
        else { return nil }
        try requireStarted(version)
        // A weighted alias is another version each time, and whether local code has changed is asked each time.
        let isFixed =
            version.settings.localFolder == nil && qualifier.flatMap { function.aliases[$0]?.routing } == nil
        return MappedFunction(
            function, try await runnable(version), qualifier, changes: isFixed ? changes : nil)
    }

    func isCurrent(_ function: MappedFunction) -> Bool { function.changes == catalog.changes }
}

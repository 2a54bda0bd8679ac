public import Execution
import ServiceKit

/// A version of a function, resolved for invocations to come. Good as long as ``LambdaService/isCurrent(_:)``.
public final class InvocableVersion: Sendable {
    public let function: FunctionVersion
    /// The ARN that was asked for, with its qualifier.
    public let arn: String
    fileprivate let changes: Int

    init(_ function: FunctionVersion, arn: String, changes: Int) {
        self.function = function
        self.arn = arn
        self.changes = changes
    }
}

extension LambdaService {
    /// What a name and a qualifier stand for, if that is in memory and the same for every invocation.
    /// - Returns: nil if ``invoke(_:_:)`` has to find out, or to refuse.
    public func invocable(account: String, region: String, name: String, qualifier: String?) -> InvocableVersion? {
        let changes = catalog.changes
        let key = FunctionKey(account: account, region: region, name: name)
        guard name.utf8.count <= 64, FunctionReference.isName(name),
            case .found(let function) = catalog.lookUp(key),
            qualifier.flatMap({ function.aliases[$0]?.routing }) == nil,
            let version = function.version(for: qualifier, random: { 0 }),
            settling.state(key, version.version) != .creating, version.missingNeed == nil,
            packages.isPresent(version.codeDigest)
        else { return nil }
        let layers = layerFolders.ready(version.settings.layers.digests)
        guard layers != nil || version.settings.layers.list.isEmpty else { return nil }
        return InvocableVersion(
            version.execution(codeFolder: packages.path(version.codeDigest), layersFolder: layers),
            arn: key.arn(qualifier), changes: changes)
    }

    /// Whether no function has changed since.
    public func isCurrent(_ version: InvocableVersion) -> Bool { version.changes == catalog.changes }

    /// Whether an event is one that ``invoke(_:_:)`` would take.
    public func isAcceptable(payload: UnsafeRawBufferPointer) -> Bool {
        guard payload.count <= LambdaLimits.synchronousPayload else { return false }
        return payload.withMemoryRebound(to: UInt8.self) { (try? PayloadScanner.check($0)) != nil }
    }
}

public import Execution
import ServiceKit

/// A version of a function, resolved for invocations to come. Good as long as ``LambdaService/isCurrent(_:)``.
public final class InvocableVersion: Sendable {
    public let function: FunctionVersion
    /// The ARN that was asked for, with its qualifier.
    public let arn: String
    fileprivate let qualifier: String?
    fileprivate let changes: Int

    init(_ function: FunctionVersion, arn: String, qualifier: String?, changes: Int) {
        self.function = function
        self.arn = arn
        self.qualifier = qualifier
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
            // Whether its code has changed is asked at each invocation.
            version.settings.localFolder == nil,
            packages.isPresent(version.codeDigest)
        else { return nil }
        let layers = layerFolders.ready(version.settings.layers.digests)
        guard layers != nil || version.settings.layers.list.isEmpty else { return nil }
        return InvocableVersion(
            version.execution(codeFolder: packages.path(version.codeDigest), layersFolder: layers),
            arn: key.arn(qualifier), qualifier: qualifier, changes: changes)
    }

    /// Puts an event that ``isAcceptable(payload:isEvent:)`` into the function's queue. It is durable when this returns.
    public func enqueue(
        _ version: InvocableVersion, requestID: String, payload: [UInt8], traceHeader: String?
    ) async throws {
        let function = version.function
        try await events.accept(
            AsyncEvent(
                requestID: requestID, qualifier: version.qualifier, received: time.now, traceHeader: traceHeader,
                payload: payload),
            for: FunctionKey(account: function.account, region: function.region, name: function.name))
    }

    /// Whether no function has changed since.
    public func isCurrent(_ version: InvocableVersion) -> Bool { version.changes == catalog.changes }

    /// Whether an event, asynchronous or not, is one that ``invoke(_:_:)`` would take.
    public func isAcceptable(payload: UnsafeRawBufferPointer, isEvent: Bool) -> Bool {
        let limit = isEvent ? LambdaLimits.asynchronousPayload : LambdaLimits.synchronousPayload
        guard payload.count <= limit else { return false }
        return payload.withMemoryRebound(to: UInt8.self) { (try? PayloadScanner.check($0)) != nil }
    }
}

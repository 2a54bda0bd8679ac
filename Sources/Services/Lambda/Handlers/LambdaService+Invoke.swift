import Execution
import Foundation
public import ServiceKit

extension LambdaService {
    public func invoke(_ input: InvocationRequest, _ call: Call) async throws -> InvocationResponse {
        let unsupported = UnsupportedParameters(operation: call.operation)
        try unsupported.refuse("DurableExecutionName", if: input.durableExecutionName != nil)
        try unsupported.refuse("TenantId", if: input.tenantId != nil)
        if input.invocationType == "Event" {
            try await accept(
                input.functionName, input.qualifier, payload: input.payload, clientContext: input.clientContext, call)
            return InvocationResponse(statusCode: 202)
        }
        let invocation = try await prepare(
            input.functionName, input.qualifier, payload: input.payload, clientContext: input.clientContext,
            logType: input.logType, call)
        if input.invocationType == "DryRun" { return InvocationResponse(statusCode: 204) }
        try refuseLoop(invocation.version.key, call)
        let result = try await invoker.invoke(try await function(invocation.version), invocation.request)
        return InvocationResponse(
            statusCode: 200, functionError: result.functionError,
            logResult: result.logTail.map { Data($0).base64EncodedString() }, payload: result.payload,
            executedVersion: invocation.version.version)
    }

    /// What an operation that invokes asks for, resolved; its checks are made in AWS's order.
    ///
    /// The limit is the payload's, in bytes.
    func prepare(
        _ name: String, _ qualifier: String?, payload: [UInt8]?, clientContext: String?, logType: String?,
        limit: Int = LambdaLimits.synchronousPayload, _ call: Call
    ) async throws -> (version: VersionRecord, qualifier: String?, request: Execution.InvocationRequest) {
        let target = try await invocationTarget(name, qualifier, call)
        let payload = payload ?? []
        try InvocationPayload.validate(payload, limit: limit)
        let clientContext = try InvocationPayload.clientContext(clientContext)
        let version = try await executable(target)
        try requireStarted(version)
        return (
            version, target.qualifier,
            Execution.InvocationRequest(
                requestID: call.requestID, payload: payload, clientContext: clientContext,
                invokedFunctionARN: target.arn, traceHeader: call.traceHeader, wantsLogTail: logType == "Tail")
        )
    }

    /// - Throws: AWS's error for a version that was created an instant ago.
    func requireStarted(_ version: VersionRecord) throws {
        guard settling.state(version.key, version.version) == .creating else { return }
        throw LambdaFailures.conflict(
            "The operation cannot be performed at this time. "
                + "The function is currently in the following state: Pending")
    }

    /// - Throws: `RecursiveInvocationException` if the function invokes itself, round and round.
    func refuseLoop(_ key: FunctionKey, _ call: Call) throws {
        guard let trace = call.traceHeader, case .found(let function) = catalog.lookUp(key), function.stopsLoop(trace)
        else { return }
        throw LambdaFailures.recursion
    }

    /// The version as the data plane runs it: its files are made ready.
    /// - Throws: an error of AWS's for a version that needs what is not there.
    func function(_ version: VersionRecord) async throws -> FunctionVersion {
        if let missing = version.missingNeed { throw missing }
        if let folder = version.settings.localFolder { return try await function(version, localFolder: folder) }
        let folder =
            packages.isPresent(version.codeDigest)
            ? packages.path(version.codeDigest) : try await packages.folder(version.codeDigest)
        return version.execution(codeFolder: folder, layersFolder: try await layersFolder(version))
    }

    /// What is `/opt` in the version's sandboxes; nil if it has no layers.
    func layersFolder(_ version: VersionRecord) async throws -> String? {
        guard !version.settings.layers.list.isEmpty else { return nil }
        let digests = version.settings.layers.digests
        if let ready = layerFolders.ready(digests) { return ready }
        return try await layerFolders.folder(digests)
    }

    /// The version to run, from memory.
    func executable(_ target: FunctionTarget) async throws -> VersionRecord {
        let version = try await known(target.key)?.version(for: target.qualifier) { Double.random(in: 0..<1) }
        guard let version else {
            throw LambdaFailures.functionNotFound(target.key.arn(target.qualifier ?? latestVersion))
        }
        return version
    }

    /// A function as the catalogue knows it; nil if there is none.
    func known(_ key: FunctionKey) async throws -> FunctionRecord? {
        switch catalog.lookUp(key) {
        case .found(let function): return function
        case .missing: return nil
        case .unknown:
            let function = try await store.read { try $0.function(key) }
            if let function { catalog.fill([function]) }
            return function
        }
    }
}

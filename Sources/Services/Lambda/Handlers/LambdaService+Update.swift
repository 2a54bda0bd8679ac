import Execution
public import ServiceKit

extension LambdaService {
    public func updateFunctionConfiguration(
        _ input: UpdateFunctionConfigurationRequest, _ call: Call
    ) async throws -> FunctionConfiguration {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        try UnsupportedParameters(operation: call.operation).check(input)
        try requireDeadLetterTarget(input.deadLetterConfig, call)
        return try await change(key) {
            let current = try await self.changeable(key, revisionID: input.revisionId)
            var updated = current
            updated.settings = try current.settings.updated(input)
            if let runtime = input.runtime {
                try Runtimes.validate(
                    runtime, operation: call.operation,
                    acceptsDeprecated: self.configuration.acceptsDeprecatedRuntimes)
            }
            if let role = input.role { try await self.requireRole(role, for: key) }
            if input.layers?.isEmpty == false { try await self.refuseUnsigned(key) }
            if let layers = input.layers { updated.settings.layers = try await self.attachedLayers(layers, call) }
            self.renew(&updated)
            let replacement = updated
            do {
                if input.layers != nil {
                    try await self.prepare(replacement.settings.layers, codeDigest: current.packageDigest)
                }
                try await self.store.write { transaction in
                    try Self.requireUnchanged(transaction, current)
                    try Self.requirePackages(transaction, of: replacement.settings.layers)
                    try transaction.update(replacement)
                    // A runtime's version is no version of another runtime.
                    if replacement.settings.runtime != current.settings.runtime,
                        try transaction.runtimeManagement(key, latestVersion).mode == .manual
                    {
                        try transaction.deleteRuntimeManagement(key, latestVersion)
                    }
                }
            } catch {
                self.collector.note(replacement.keptDigests)
                throw error
            }
            self.collector.note(current.keptDigests.subtracting(replacement.keptDigests))
            return try await self.finishUpdate(replacement)
        }
    }

    public func updateFunctionCode(_ input: UpdateFunctionCodeRequest, _ call: Call) async throws
        -> FunctionConfiguration
    {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        try UnsupportedParameters(operation: call.operation).check(input)
        let source = CodeSource(
            archive: input.zipFile, bucket: input.s3Bucket, key: input.s3Key, version: input.s3ObjectVersion,
            parameter: "S3Bucket")
        return try await change(key) {
            let current = try await self.changeable(key, revisionID: input.revisionId)
            let package = try await self.package(source, call)
            try self.refusePublishing(package, input.publish)
            try await self.refuseUnsigned(key)
            let digest = try await self.digest(package)
            var updated = current
            updated.settings.localFolder = package.localFolder
            updated.settings.architecture = input.architectures?.first ?? current.settings.architecture
            if input.dryRun == true {
                let checked = try await self.check(package, digest: digest)
                updated.codeDigest = checked.digest
                updated.codeSize = checked.size
                return FunctionConfiguration(updated, arn: key.arn, state: .settled)
            }
            self.renew(&updated)
            return try await self.replaceCode(current, updated, package, digest, publishes: input.publish ?? false)
        }
    }

    private func replaceCode(
        _ current: VersionRecord, _ updated: VersionRecord, _ package: CodePackage, _ digest: String, publishes: Bool
    ) async throws -> FunctionConfiguration {
        let key = current.key
        let (replacement, version) = try await packages.locks.withLock(digest) {
            let stored = try await self.keep(package, digest: digest)
            var updated = updated
            updated.codeDigest = stored.digest
            updated.codeSize = stored.size
            let replacement = updated
            do {
                try await self.prepare(replacement.settings.layers, codeDigest: replacement.packageDigest)
                let version = try await self.store.write { transaction -> VersionRecord? in
                    try Self.requireUnchanged(transaction, current)
                    try transaction.update(replacement)
                    try transaction.count(key, functions: 0, codeBytes: stored.size - current.codeSize)
                    return publishes ? try self.publish(transaction, replacement, description: nil) : nil
                }
                return (replacement, version)
            } catch {
                self.collector.note(digest)
                throw error
            }
        }
        if current.codeDigest != digest { collector.note(current.codeDigest) }
        return try await finishUpdate(replacement, published: version)
    }

    /// The function's `$LATEST`, if it may be changed now.
    private func changeable(_ key: FunctionKey, revisionID: String?) async throws -> VersionRecord {
        guard let current = try await store.read({ try $0.version(key, latestVersion) }) else {
            throw LambdaFailures.functionNotFound(key.arn)
        }
        try refuseWhileSettling(key)
        if let revisionID, revisionID != current.revisionID { throw LambdaFailures.revisionMismatch }
        return current
    }

    func refuseWhileSettling(_ key: FunctionKey) throws {
        switch settling.state(key, latestVersion) {
        case .settled: return
        case .creating:
            throw LambdaFailures.conflict(
                "The operation cannot be performed at this time. "
                    + "The function is currently in the following state: Pending")
        case .updating: throw LambdaFailures.updateInProgress(key.arn)
        }
    }

    /// Another node may have been faster.
    private static func requireUnchanged(_ transaction: LambdaTransaction, _ current: VersionRecord) throws {
        guard let found = try transaction.version(current.key, latestVersion) else {
            throw LambdaFailures.functionNotFound(current.key.arn)
        }
        guard found.generation == current.generation else {
            throw LambdaFailures.updateInProgress(current.key.arn)
        }
    }

    private func renew(_ version: inout VersionRecord) {
        version.lastModified = time.now
        version.revisionID = newID()
        version.pendingRevisionID = newID()
        version.generation = newID()
    }

    private func finishUpdate(_ latest: VersionRecord, published: VersionRecord? = nil) async throws
        -> FunctionConfiguration
    {
        let key = latest.key
        settling.begin(key, isCreation: false, published: published?.version)
        try await reload(key)
        await invoker.retire(
            account: key.account, region: key.region, name: key.name, version: latestVersion,
            exceptRevision: latest.generation)
        if let published { return FunctionConfiguration(published, arn: published.arn, state: .creating) }
        return FunctionConfiguration(latest, arn: key.arn, state: .updating)
    }
}

import Persistence
public import ServiceKit

extension LambdaService {
    public func createFunction(_ input: CreateFunctionRequest, _ call: Call) async throws -> FunctionConfiguration {
        let key = try FunctionTarget(input.functionName, in: call).key
        guard key.name.utf8.count <= LambdaLimits.functionName else {
            throw LambdaFailures.constraint(
                value: key.name, member: "functionName",
                "Member must have length less than or equal to \(LambdaLimits.functionName)")
        }
        try UnsupportedParameters(operation: call.operation).check(input)
        try requireDeadLetterTarget(input.deadLetterConfig, call)
        var settings = try FunctionSettings(creating: input)
        try Runtimes.validate(
            settings.runtime, operation: call.operation,
            acceptsDeprecated: configuration.acceptsDeprecatedRuntimes)
        let tags = input.tags ?? [:]
        try FunctionTags.validate(tags)
        let package = try await package(
            CodeSource(
                archive: input.code.zipFile, bucket: input.code.s3Bucket, key: input.code.s3Key,
                version: input.code.s3ObjectVersion, parameter: "Code.S3Bucket"), call)
        settings.layers = try await attachedLayers(input.layers ?? [], call)
        try await requireRole(settings.role, for: key)
        let signing = try await codeSigning(input.codeSigningConfigArn, for: key)
        try refusePublishing(package, input.publish)
        settings.localFolder = package.localFolder
        let complete = settings
        return try await change(key) {
            if try await self.store.read({ try $0.exists(key) }) { throw Self.alreadyExists(key) }
            return try await self.create(
                key, complete, tags, package: package, publishes: input.publish ?? false, signing: signing)
        }
    }

    private func create(
        _ key: FunctionKey, _ settings: FunctionSettings, _ tags: [String: String], package: CodePackage,
        publishes: Bool,
        signing: CodeSigningKey?
    ) async throws -> FunctionConfiguration {
        let digest = try await digest(package)
        let latest = try await packages.locks.withLock(digest) {
            let stored = try await self.keep(package, digest: digest)
            let latest = VersionRecord(
                key: key, version: latestVersion, settings: settings, codeDigest: stored.digest,
                codeSize: stored.size, lastModified: self.time.now, revisionID: self.newID(),
                pendingRevisionID: self.newID(), generation: self.newID())
            let published = publishes ? self.published(latest, number: 1, description: nil) : nil
            do {
                try await self.prepare(settings.layers, codeDigest: latest.packageDigest)
                try await self.store.write { transaction in
                    if try transaction.exists(key) { throw Self.alreadyExists(key) }
                    try Self.requirePackages(transaction, of: settings.layers)
                    try transaction.insertFunction(key, nextVersion: publishes ? 2 : 1, tags: tags)
                    if let signing {
                        guard try transaction.codeSigning(signing) != nil else {
                            throw CodeSigningFailures.missing(signing.arn)
                        }
                        try transaction.setCodeSigning(of: key, signing)
                    }
                    try transaction.insert(latest)
                    if let published { try transaction.insert(published) }
                    try transaction.count(key, functions: 1, codeBytes: stored.size * (publishes ? 2 : 1))
                }
            } catch {
                self.collector.note(latest.keptDigests)
                // Another node was faster.
                if case DatabaseError.constraint = error { throw Self.alreadyExists(key) }
                throw error
            }
            return latest
        }
        settling.begin(key, isCreation: true)
        try await reload(key)
        // The answer is about the function itself, even if its version 1 was published with it.
        var answer = FunctionConfiguration(latest, arn: key.arn, state: .creating)
        if publishes { answer.version = "1" }
        return answer
    }

    /// The version that publishing `latest` makes.
    func published(_ latest: VersionRecord, number: Int64, description: String?) -> VersionRecord {
        var version = latest
        version.version = String(number)
        version.publishedFrom = latest.generation
        version.sourceDescription = latest.settings.description
        if let description { version.settings.description = description }
        version.lastModified = time.now
        version.revisionID = newID()
        version.pendingRevisionID = newID()
        version.generation = newID()
        return version
    }

    /// - Throws: AWS's errors for a role that Lambda can't assume.
    func requireRole(_ arn: String, for key: FunctionKey) async throws {
        guard let role = RoleARN(arn) else { throw LambdaFailures.roleNotAssumable }
        if role.account != key.account {
            if configuration.requiresExistingRole {
                throw LambdaFailures.accessDenied("Cross-account pass role is not allowed.")
            }
            return
        }
        if let known = try await roles.role(account: role.account, name: role.name) {
            guard ExecutionRoleTrust.allows(known.trustPolicy, account: key.account) else {
                throw LambdaFailures.roleNotAssumable
            }
        } else if configuration.requiresExistingRole {
            throw LambdaFailures.roleNotAssumable
        }
    }

    private static func alreadyExists(_ key: FunctionKey) -> AWSError {
        LambdaFailures.conflict("Function already exist: \(key.name)")
    }
}

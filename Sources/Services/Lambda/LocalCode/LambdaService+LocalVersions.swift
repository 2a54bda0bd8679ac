import ServiceKit

/// Versions of functions whose code is a local folder. A version never changes: it is made from a package, with what the folder
/// holds at that moment.
extension LambdaService {
    /// Runs a change that publishes the function's `$LATEST`. The change gets what to publish in the place of one whose code is a local
    /// folder; nil: `$LATEST` itself.
    func publishing(
        _ key: FunctionKey, _ body: @escaping @Sendable (VersionRecord?) async throws -> VersionRecord
    ) async throws -> VersionRecord {
        guard let latest = try await store.read({ try $0.version(key, latestVersion) }),
            let path = latest.settings.localFolder
        else { return try await body(nil) }
        let folder = try localCode.rules.resolve(path)
        let package: [UInt8]
        do {
            package = try await localCode.archives.run { try LocalFolderArchive(folder).bytes }
        } catch let error as LocalFolderError {
            throw LocalCodeRules.refusal(error, path)
        }
        let digest = try await packages.digest(package, limit: package.count)
        return try await packages.locks.withLock(digest) {
            do {
                let stored = try await self.packages.store(package, digest: digest)
                try await self.prepare(latest.settings.layers, codeDigest: digest)
                return try await body(latest.packaged(stored))
            } catch {
                self.collector.note(digest)
                throw error
            }
        }
    }

    /// - Throws: `InvalidParameterValueException` for a request that sets a local folder and publishes it in one step.
    func refusePublishing(_ package: CodePackage, _ publishes: Bool?) throws {
        guard package.localFolder != nil, publishes == true else { return }
        throw LocalCodeRules.refusal(
            "Publish is not possible while the code is set to a local folder: PublishVersion makes a package of it.")
    }
}

extension VersionRecord {
    /// This `$LATEST` with a package in the place of its local folder.
    func packaged(_ package: StoredPackage) -> VersionRecord {
        var version = self
        version.settings.localFolder = nil
        version.codeDigest = package.digest
        version.codeSize = package.size
        // The same folder is another package tomorrow.
        version.generation = "\(generation)-\(package.digest)"
        return version
    }
}

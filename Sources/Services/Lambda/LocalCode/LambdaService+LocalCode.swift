import Execution
import Logging
import ServiceKit

/// Functions whose code is a folder of the host, for development.
extension LambdaService {
    /// The folder that a request names in the place of a package.
    /// - Throws: `InvalidParameterValueException` for a folder that cannot be a function's code.
    func localPackage(_ source: CodeSource) async throws -> CodePackage {
        guard let path = source.key, !path.isEmpty else {
            throw LocalCodeRules.refusal(
                "With the bucket \(LocalCodeRules.bucket), the key is the absolute path of a local folder.")
        }
        guard source.version == nil else {
            throw LocalCodeRules.refusal("A local folder has no versions: leave out S3ObjectVersion.")
        }
        _ = try await scan(path)
        return CodePackage(bytes: [], localFolder: path)
    }

    /// The version as the data plane runs it, with a revision of its own for each state of the folder. Environments that
    /// started with another one are ended: what they loaded is old.
    func function(_ version: VersionRecord, localFolder path: String) async throws -> FunctionVersion {
        let (folder, scan) = try await scan(path)
        var function = version.execution(codeFolder: folder, layersFolder: try await layersFolder(version))
        function.revision = "\(version.generation)-\(String(scan.fingerprint, radix: 16))"
        guard localCode.note(version.key, function.revision) else { return function }
        if let unreadable = scan.unreadable {
            logger.warning(
                "Functions run as a user of their own, who may not be able to read all of the code; chmod -R o+rX helps.",
                metadata: ["function": "\(version.key.name)", "file": "\(folder)/\(unreadable)"])
        }
        await invoker.retire(
            account: version.key.account, region: version.key.region, name: version.key.name, version: version.version,
            exceptRevision: function.revision)
        return function
    }

    /// - Throws: `InvalidParameterValueException` for a folder that is not there, or not allowed.
    func scan(_ path: String) async throws -> (folder: String, scan: LocalFolderScan) {
        let folder = try localCode.rules.resolve(path)
        do {
            return (folder, try await localCode.folders.scan(folder))
        } catch let error as LocalFolderError {
            throw LocalCodeRules.refusal(error, path)
        }
    }

    /// The digest of a package, or what stands in its place.
    func digest(_ package: CodePackage) async throws -> String {
        if let folder = package.localFolder { return LocalCodeRules.digest(folder) }
        return try await packages.digest(package.bytes, limit: package.limit)
    }

    /// Stores a package; of a local folder there is nothing to store. The caller holds the digest's lock.
    func keep(_ package: CodePackage, digest: String) async throws -> StoredPackage {
        guard package.localFolder == nil else { return StoredPackage(digest: digest, size: 0) }
        return try await packages.store(package.bytes, digest: digest)
    }

    /// Checks a package as ``keep(_:digest:)`` does, and keeps nothing.
    func check(_ package: CodePackage, digest: String) async throws -> StoredPackage {
        guard package.localFolder == nil else { return StoredPackage(digest: digest, size: 0) }
        return try await packages.check(package.bytes, digest: digest)
    }
}

extension VersionRecord {
    /// The digest of the package that is the code; nil: a local folder is.
    var packageDigest: String? { settings.localFolder == nil ? codeDigest : nil }
}

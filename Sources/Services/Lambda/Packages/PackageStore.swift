import Crypto
import Foundation
import ServiceKit
import ServiceModel
import Synchronization

/// A package that is stored and unpacked.
struct StoredPackage: Sendable, Hashable {
    /// SHA-256, in lower-case hexadecimal.
    var digest: String
    /// As uploaded, in bytes.
    var size: Int64
}

/// Keeps packages: the archives as blobs, and each unpacked in a folder named by its digest, which functions with the
/// same package share. A folder that is missing is unpacked again from its blob.
final class PackageStore: Sendable {
    private let folder: String
    private let blobs: any BlobStore
    private let extractor: PackageExtractor
    private let lanes = [BlockingWork(label: "martlet.packages.1"), BlockingWork(label: "martlet.packages.2")]
    /// The packages whose folders are there.
    private let present = Mutex<Set<String>>([])
    /// Held from storing a package until a row refers to it, and while one is removed.
    let locks = KeyedLock<String>()

    /// The folder, where the unpacked packages are, is made if it is missing.
    init(folder: String, blobs: any BlobStore, isDurable: Bool) throws {
        self.folder = folder
        self.blobs = blobs
        extractor = PackageExtractor(isDurable: isDurable)
        let found = try PackageExtractor.prepare(folder)
        present.withLock { $0 = found }
    }

    /// Where the package is, or will be, unpacked.
    func path(_ digest: String) -> String { "\(folder)/\(digest)" }

    func isPresent(_ digest: String) -> Bool { present.withLock { $0.contains(digest) } }

    /// Every package that is unpacked.
    var digests: Set<String> { present.withLock { $0 } }

    /// The digest of a package, which ``store(_:digest:)`` wants.
    /// - Throws: AWS's errors for a package that is too large, or empty.
    func digest(_ package: [UInt8], limit: Int = LambdaLimits.zippedPackage) async throws -> String {
        guard package.count <= limit else {
            throw LambdaFailures.tooLarge("Zipped size must be smaller than \(limit) bytes")
        }
        guard !package.isEmpty else {
            throw LambdaFailures.invalidParameter("Uploaded file must be a non-empty zip")
        }
        return try await lane(package.count).run { Hexadecimal.encode(SHA256.hash(data: package)) }
    }

    /// Checks, unpacks and stores a package. The caller holds the digest's lock.
    /// - Throws: AWS's errors for a package that is refused; then nothing of it is left.
    func store(_ package: [UInt8], digest: String) async throws -> StoredPackage {
        let stored = StoredPackage(digest: digest, size: Int64(package.count))
        if isPresent(digest), try await blobs.contains(digest) { return stored }
        // The folder first: it is what finds a blob that nothing refers to.
        try await unpack(package, digest)
        _ = try await blobs.put(package)
        return stored
    }

    /// Checks a package as ``store(_:digest:)`` does, and keeps nothing.
    func check(_ package: [UInt8], digest: String) async throws -> StoredPackage {
        let stored = StoredPackage(digest: digest, size: Int64(package.count))
        if isPresent(digest) { return stored }
        let (extractor, path) = (self.extractor, "\(folder)/.incoming-\(UUID().uuidString.lowercased())")
        try await refusing {
            try await lane(package.count).run {
                defer { PackageExtractor.remove(path) }
                try extractor.extract(package, to: path)
            }
        }
        return stored
    }

    /// The folder of a package, which is unpacked again if it has gone.
    func folder(_ digest: String) async throws -> String {
        if isPresent(digest) { return path(digest) }
        return try await locks.withLock(digest) {
            if !isPresent(digest) { try await unpack(try await blobs.get(digest), digest) }
            return path(digest)
        }
    }

    /// The archive itself.
    func archive(_ digest: String) async throws -> [UInt8] { try await blobs.get(digest) }

    /// How much a stored package is, unpacked, in bytes.
    func unpackedSize(_ digest: String) async throws -> Int64 {
        let package = try await blobs.get(digest)
        return try await lane(package.count).run { try ZipArchive(package).size }
    }

    /// Removes a package that nothing refers to. The caller holds the digest's lock.
    func remove(_ digest: String) async throws {
        _ = present.withLock { $0.remove(digest) }
        try await blobs.remove(digest)
        let path = path(digest)
        try await lane(digest.utf8.count).run { PackageExtractor.remove(path) }
    }

    private func unpack(_ package: [UInt8], _ digest: String) async throws {
        let (extractor, path) = (self.extractor, path(digest))
        try await refusing {
            _ = try await lane(package.count).run { try extractor.extract(package, to: path) }
        }
        _ = present.withLock { $0.insert(digest) }
    }

    /// Large packages do not keep small ones waiting.
    private func lane(_ size: Int) -> BlockingWork { size > 1 << 20 ? lanes[1] : lanes[0] }

    /// Says what is wrong with an archive in AWS's words.
    private func refusing(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as ZipError {
            switch error {
            case .broken: throw LambdaFailures.brokenArchive
            case .tooLarge: throw LambdaFailures.unzippedTooLarge
            case .empty: throw LambdaFailures.invalidParameter("Uploaded file must be a non-empty zip")
            }
        }
    }
}

import Crypto
import Foundation
public import ServiceKit
import ServiceModel

/// Content-addressed files, named by their SHA-256 and spread over folders: `ab/cd/abcd…`.
///
/// A blob is written beside its place, synced, renamed, and its folder synced: it is there whole, or not at all. ``get(_:)`` checks
/// what it read against the name.
public final class FileBlobStore: BlobStore {
    private let folder: String
    private let isSynced: Bool
    private let threads: WorkerThreads<Void>

    /// Opens the store, and removes what a crash has left half written.
    /// - Parameters:
    ///   - folder: is made if there is none. One process uses it at a time.
    ///   - durability: whether a blob is on disk when it is answered.
    /// - Throws: ``DatabaseError``.
    public init(folder: String, durability: Durability = .full) throws {
        self.folder = folder
        isSynced = durability == .full
        threads = WorkerThreads(name: "martlet-blobs", maximum: 4) { threads in
            threads.forEachJob { $0.run(.success(())) }
        }
        try DurableFile.makeFolder(folder, mode: 0o700, isSynced: isSynced)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix(".") && name.hasSuffix(".part") { unlink(folder + "/" + name) }
    }

    deinit { threads.shutDown() }

    /// Where a blob's file is, whether or not it exists. Never write to it.
    /// - Throws: ``BlobError/notFound(_:)`` if `digest` is none.
    public func path(of digest: String) throws -> String {
        let digits = Array(digest.utf8)
        guard digits.count == 64, digits.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            throw BlobError.notFound(digest)
        }
        return "\(folder)/\(digest.prefix(2))/\(digest.dropFirst(2).prefix(2))/\(digest)"
    }

    public func put(_ bytes: [UInt8]) async throws -> String {
        try await threads.run { [self] in
            let digest = Self.digest(bytes)
            let path = try path(of: digest)
            let inner = String(path.dropLast(65))
            // A damaged file is replaced. One that is whole may come from a put that has not synced its name yet.
            if let present = try DurableFile.read(path), Self.digest(present) == digest {
                if isSynced { try DurableFile.syncFolder(inner) }
                return digest
            }
            try DurableFile.makeFolder(String(inner.dropLast(3)), mode: 0o700, isSynced: isSynced)
            try DurableFile.makeFolder(inner, mode: 0o700, isSynced: isSynced)
            try DurableFile.write(bytes, to: path, temporaryFolder: folder, mode: 0o600, isSynced: isSynced)
            return digest
        }
    }

    public func get(_ digest: String) async throws -> [UInt8] {
        let path = try path(of: digest)
        return try await threads.run {
            guard let bytes = try DurableFile.read(path) else { throw BlobError.notFound(digest) }
            guard Self.digest(bytes) == digest else { throw BlobError.damaged(digest, path: path) }
            return bytes
        }
    }

    public func contains(_ digest: String) async throws -> Bool {
        guard let path = try? path(of: digest) else { return false }
        return try await threads.run { access(path, F_OK) == 0 }
    }

    public func remove(_ digest: String) async throws {
        guard let path = try? path(of: digest) else { return }
        try await threads.run {
            if unlink(path) != 0, errno != ENOENT { throw DatabaseError(errno: errno, "\(path) can't be removed") }
        }
    }

    /// Removes every blob, for a reset.
    public func removeAll() async throws {
        let folder = folder
        try await threads.run {
            do {
                for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                    try FileManager.default.removeItem(atPath: folder + "/" + name)
                }
            } catch {
                throw DatabaseError.failed("The blobs in \(folder) can't be removed: \(error.localizedDescription)")
            }
        }
    }

    private static func digest(_ bytes: [UInt8]) -> String { Hexadecimal.encode(SHA256.hash(data: bytes)) }
}

/// Why a blob can't be had. What the file system says is a ``DatabaseError``.
public enum BlobError: Error, Sendable, Hashable {
    case notFound(String)
    /// The file's content is not what its name says: the disk has lost it.
    case damaged(String, path: String)
}

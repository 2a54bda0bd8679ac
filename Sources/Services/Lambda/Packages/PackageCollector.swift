import Logging
import Synchronization

/// Removes packages, and folders of merged layers, that no version refers to any longer, once nothing can be running from
/// them.
final class PackageCollector: Sendable {
    private let packages: PackageStore
    private let layers: LayerFolders
    private let store: LambdaStore
    private let grace: Duration
    private let due = Mutex<[String: ContinuousClock.Instant]>([:])

    init(packages: PackageStore, layers: LayerFolders, store: LambdaStore, grace: Duration) {
        self.packages = packages
        self.layers = layers
        self.store = store
        self.grace = grace
    }

    /// Says that a version with this package was deleted or changed.
    func note(_ digest: String) {
        due.withLock { $0[digest] = .now + grace }
    }

    /// Says the same of everything that a version kept on the disk.
    func note(_ digests: Set<String>) {
        for digest in digests { note(digest) }
    }

    /// Removes what was left by an earlier run: nothing runs from it.
    func sweep() async throws {
        let unpacked = packages.digests.union(layers.digests)
        guard !unpacked.isEmpty else { return }
        let referenced = try await store.read { try $0.referencedDigests() }
        for digest in unpacked.subtracting(referenced) { try await remove(digest) }
    }

    /// Removes what is due.
    func collect(_ logger: Logger) async {
        let now = ContinuousClock.now
        let digests = due.withLock { due in
            let digests = due.filter { $0.value <= now }.map(\.key)
            for digest in digests { due[digest] = nil }
            return digests
        }
        for digest in digests {
            do {
                try await remove(digest)
            } catch {
                logger.warning(
                    "A package could not be removed.", metadata: ["digest": "\(digest)", "error": "\(error)"])
            }
        }
    }

    private func remove(_ digest: String) async throws {
        try await packages.locks.withLock(digest) { [self] in
            if try await store.read({ try $0.isReferenced(digest) }) { return }
            try await removeLocked(digest)
        }
    }

    /// Removes a package or a folder, whether anything refers to it or not.
    func forget(_ digest: String) async throws {
        try await packages.locks.withLock(digest) { [self] in try await removeLocked(digest) }
    }

    private func removeLocked(_ digest: String) async throws {
        try await layers.remove(digest)
        try await packages.remove(digest)
    }
}

import Foundation
import Synchronization

/// The folders that are `/opt` in functions' sandboxes: a layer's own if it is the only one, else one in which the layers are
/// merged, which all functions with the same layers in the same order share. A folder that is missing is made again.
final class LayerFolders: Sendable {
    private struct State {
        /// The folders' names on the disk.
        var present: Set<String> = []
        /// What is ready, by the layers' digests.
        var ready: [[String]: String] = [:]
    }

    private let folder: String
    private let packages: PackageStore
    private let work = BlockingWork(label: "martlet.layers")
    private let state = Mutex(State())

    /// The folder is made if it is missing.
    init(folder: String, packages: PackageStore) throws {
        self.folder = folder
        self.packages = packages
        let found = try PackageExtractor.prepare(folder)
        state.withLock { $0.present = found }
    }

    /// Every folder of merged layers.
    var digests: Set<String> { state.withLock { $0.present } }

    /// The folder, if it is ready: what an invocation asks.
    func ready(_ digests: [String]) -> String? { state.withLock { $0.ready[digests] } }

    /// The folder with these layers, the first one lowest. Made now if it is missing.
    func folder(_ digests: [String]) async throws -> String? {
        guard let first = digests.first else { return nil }
        if let path = ready(digests) { return path }
        guard let merged = AttachedLayers.mergedDigest(digests) else {
            let path = try await packages.folder(first)
            state.withLock { $0.ready[digests] = path }
            return path
        }
        // Before the lock, so that nobody holds one and waits for another that waits for it.
        var sources: [String] = []
        for digest in digests { sources.append(try await packages.folder(digest)) }
        let folders = sources
        return try await packages.locks.withLock(merged) { [self] in
            let path = "\(folder)/\(merged)"
            if !state.withLock({ $0.present.contains(merged) }) {
                try await work.run { try LayerMerger.merge(folders, into: path) }
            }
            state.withLock {
                $0.present.insert(merged)
                $0.ready[digests] = path
            }
            return path
        }
    }

    /// Removes the merged layers, and what was known of a package. The caller holds the digest's lock.
    func remove(_ digest: String) async throws {
        let path = "\(folder)/\(digest)"
        let wasPresent = state.withLock { state in
            state.ready = state.ready.filter { $0.key != [digest] && $0.value != path }
            return state.present.remove(digest) != nil
        }
        if wasPresent { try await work.run { PackageExtractor.remove(path) } }
    }
}

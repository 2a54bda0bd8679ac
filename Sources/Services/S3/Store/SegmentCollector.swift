import Logging
import Persistence
import ServiceKit
import ServiceModel

/// Removes segments that nothing names: those of uploads that a crash has cut off, and those of objects that are gone, a while after
/// they went.
struct SegmentCollector: Sendable {
    let database: any Database
    let folder: SegmentFolder
    let logger: Logger

    /// What is no longer named may have been looked up by a request that is about to read it. Other nodes may be reading for longer,
    /// without telling.
    static func grace(isShared: Bool) -> Duration { .seconds(isShared ? 900 : 30) }

    /// A file that another node is writing has been written to since, and is named soon after.
    static let abandonment = Duration.seconds(3600)

    /// Files that no row knows of go: at once where no other process can be writing them, except for what is pinned; else they become
    /// garbage if they have been left alone for long.
    func removeOrphans(now: Timestamp) async {
        guard folder.isOurs else { return }
        do {
            for prefix in try await folder.threads.run({ folder.folders }) {
                let names = try await folder.threads.run { candidates(in: prefix) }
                for start in stride(from: 0, to: names.count, by: 200) {
                    let batch = Array(names[start..<min(names.count, start + 200)])
                    try await remove(batch, now: now)
                }
            }
        } catch {
            logger.error("Segments can't be tidied up.", metadata: ["error": "\(error)"])
        }
    }

    private func candidates(in prefix: String) -> [String] {
        let names = folder.names(inFolder: prefix).filter { !folder.isPinned($0) }
        guard folder.isShared else { return names }
        let then = SystemTime().now.advanced(by: .zero - Self.abandonment)
        return names.filter { folder.modified($0).map { $0 < then } ?? false }
    }

    private func remove(_ batch: [String], now: Timestamp) async throws {
        if folder.isShared {
            try await database.write { [folder] connection in
                let rows = SegmentRows(connection: connection, folder: folder)
                try rows.giveUp(rows.unknown(batch), at: now)
            }
            return
        }
        let orphans = try await database.read { [folder] in
            try SegmentRows(connection: $0, folder: folder).unknown(batch)
        }
        // What was written meanwhile was pinned before it had a file.
        try await folder.threads.run {
            for name in orphans where !folder.isPinned(name) { folder.remove(name) }
        }
    }

    /// Removes garbage that has been so for a while. A row tells that a file is going until it is gone: who ends in between begins again.
    func collect(now: Timestamp) async {
        guard folder.isOurs else { return }
        let before = now.advanced(by: .zero - Self.grace(isShared: folder.isShared))
        do {
            while true {
                let names = try await database.read { [folder] in
                    try SegmentRows(connection: $0, folder: folder).garbage(before: before, limit: 500)
                }
                let free = names.filter { !folder.isPinned($0) }
                if free.isEmpty { return }
                let going = try await database.write { [folder] in
                    try SegmentRows(connection: $0, folder: folder).beginRemoval(free)
                }
                try await folder.threads.run { for name in going { folder.remove(name) } }
                try await database.write { [folder] in
                    try SegmentRows(connection: $0, folder: folder).forget(going)
                }
                if names.count < 500 { return }
            }
        } catch {
            logger.error("Segments can't be removed.", metadata: ["error": "\(error)"])
        }
    }

    func forgetCompletedUploads(before time: Timestamp) async {
        try? await database.write { try UploadRows(connection: $0).forgetCompleted(before: time) }
    }
}

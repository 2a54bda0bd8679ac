import Logging
import Persistence
import ServiceModel

/// Removes segments that nothing names: those of uploads that a crash has cut off, at the start, and those of objects that are gone, a while
/// after they went.
struct SegmentCollector: Sendable {
    let database: any Database
    let folder: SegmentFolder
    let logger: Logger

    /// What is no longer named may have been looked up by a request that is about to read it.
    static let grace = Duration.seconds(30)

    /// Only when nothing is being written yet that a row will name: what is pinned is left alone.
    func removeOrphans() async {
        do {
            for prefix in try await folder.threads.run({ folder.folders }) {
                let names = try await folder.threads.run { folder.names(inFolder: prefix) }.filter {
                    !folder.isPinned($0)
                }
                for start in stride(from: 0, to: names.count, by: 200) {
                    let batch = Array(names[start..<min(names.count, start + 200)])
                    let orphans = try await database.read { try SegmentRows(connection: $0).unknown(batch) }
                    // What was written meanwhile was pinned before it had a file.
                    try await folder.threads.run {
                        for name in orphans where !folder.isPinned(name) { folder.remove(name) }
                    }
                }
            }
        } catch {
            logger.error("Segments can't be tidied up.", metadata: ["error": "\(error)"])
        }
    }

    func collect(now: Timestamp) async {
        do {
            while true {
                let names = try await database.read {
                    try SegmentRows(connection: $0).garbage(before: now.advanced(by: .zero - Self.grace), limit: 500)
                }
                let free = names.filter { !folder.isPinned($0) }
                if free.isEmpty { return }
                try await folder.threads.run { for name in free { folder.remove(name) } }
                try await database.write { try SegmentRows(connection: $0).forget(free) }
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

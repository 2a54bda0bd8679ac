import Foundation
import Persistence
import ServiceModel
import Synchronization

/// Where segments are: files with unique names, spread over folders by their first byte. A file belongs to whoever writes it until a
/// row names it; what no row names is removed.
final class SegmentFolder: Sendable {
    let path: String
    let isDurable: Bool
    let threads: BlockingThreads
    /// What is asked for again and again, decrypted.
    let pieces: PieceCache
    /// What is being written or read: it is not removed.
    private let pins = Mutex<[String: Int]>([:])
    private let made = Mutex<Set<String>>([])

    init(path: String, durability: Durability) {
        self.path = path
        isDurable = durability == .full
        pieces = PieceCache(limit: Self.cacheLimit)
        threads = BlockingThreads(
            name: "martlet-objects", maximum: max(4, min(16, 2 * ProcessInfo.processInfo.activeProcessorCount)))
    }

    /// A hundredth of the machine's memory, and 256 MB at most.
    private static var cacheLimit: Int {
        Int(clamping: min(ProcessInfo.processInfo.physicalMemory / 100, 256 << 20))
    }

    func file(_ name: String) -> String { "\(path)/\(name.prefix(2))/\(name)" }

    static func newName() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        let halves: [UInt64] = [generator.next(), generator.next()]
        return halves.flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (8 * UInt64($0))) } }
    }

    /// Opens a new file for writing. Blocks.
    func create(_ name: String) throws -> Int32 {
        let folder = "\(path)/\(name.prefix(2))"
        if !made.withLock({ $0.contains(folder) }) {
            try DurableFile.makeFolder(path, mode: 0o700, isSynced: isDurable)
            try DurableFile.makeFolder(folder, mode: 0o700, isSynced: isDurable)
            made.withLock { _ = $0.insert(folder) }
        }
        let descriptor = open(file(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw DatabaseError(errno: errno, "A segment can't be made in \(folder)") }
        return descriptor
    }

    /// Makes a file that was written, and its name, durable. Blocks.
    func sync(_ descriptor: Int32, _ name: String) throws {
        guard isDurable else { return }
        if fdatasync(descriptor) != 0 { throw DatabaseError(errno: errno, "A segment can't be written") }
        try DurableFile.syncFolder("\(path)/\(name.prefix(2))")
    }

    func openForReading(_ name: String) throws -> Int32 {
        let descriptor = open(file(name), O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw DatabaseError(errno: errno, "The segment \(name) can't be read") }
        return descriptor
    }

    func remove(_ name: String) { unlink(file(name)) }

    func pin(_ names: some Sequence<String>) {
        pins.withLock { pins in for name in names { pins[name, default: 0] += 1 } }
    }

    func unpin(_ names: some Sequence<String>) {
        pins.withLock { pins in
            for name in names {
                let count = (pins[name] ?? 1) - 1
                pins[name] = count > 0 ? count : nil
            }
        }
    }

    func isPinned(_ name: String) -> Bool { pins.withLock { $0[name] != nil } }

    /// The names of all files, folder by folder. Blocks.
    func names(inFolder prefix: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(prefix)")) ?? []
    }

    var folders: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

    /// Removes everything, for a reset.
    func removeAll() async throws {
        pieces.removeAll()
        try await threads.run { [self] in
            for folder in folders { try FileManager.default.removeItem(atPath: "\(path)/\(folder)") }
            made.withLock { $0 = [] }
        }
    }
}

/// Keeps segments from being removed while it is held.
final class SegmentPin: Sendable {
    private let names: [String]
    private let folder: SegmentFolder

    init(_ names: [String], _ folder: SegmentFolder) {
        self.names = names
        self.folder = folder
        folder.pin(names)
    }

    deinit { folder.unpin(names) }
}

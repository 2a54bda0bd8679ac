import Foundation
import Logging
import Persistence
import ServiceKit
import ServiceModel
import Synchronization

/// Where segments are: files with unique names, spread over folders by their first byte. A file belongs to whoever writes it until a
/// row names it; what no row names is removed.
final class SegmentFolder: Sendable {
    let path: String
    let isDurable: Bool
    /// Whether other processes may use it too.
    let isShared: Bool
    let threads: BlockingThreads
    /// What is asked for again and again, decrypted.
    let pieces: PieceCache
    /// What is being written or read: it is not removed.
    private let pins = Mutex<[String: Int]>([:])
    private let made = Mutex<Set<String>>([])
    /// Why nothing is read or written here; nil: it is the database's folder.
    private let refusal = Mutex<String?>(nil)
    private static let logger = Logger(label: "martlet.s3")

    init(path: String, durability: Durability, isShared: Bool = false) {
        self.path = path
        self.isShared = isShared
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
        try requireOurs()
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

    /// Blocks.
    func openForReading(_ name: String) throws -> Int32 {
        try requireOurs()
        let descriptor = open(file(name), O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw DatabaseError(errno: errno, "The segment \(name) can't be read in \(path)") }
        return descriptor
    }

    func exists(_ name: String) -> Bool { access(file(name), F_OK) == 0 }

    /// When a file was last written to; nil: there is none.
    func modified(_ name: String) -> Timestamp? {
        var status = stat()
        guard stat(file(name), &status) == 0 else { return nil }
        return Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec / 1_000_000))
    }

    // MARK: Whose it is

    /// From now on nothing is read or written here, and nothing removed.
    /// `reason`: what to tell who looks after the server; nil: all is well.
    func refuse(_ reason: String?) { refusal.withLock { $0 = reason } }

    var isOurs: Bool { refusal.withLock { $0 == nil } }

    private func requireOurs() throws {
        guard let reason = refusal.withLock({ $0 }) else { return }
        Self.logger.error("An object's data can't be used.", metadata: ["reason": "\(reason)"])
        throw AWSError.s3(
            "ServiceUnavailable", 503,
            "The data of larger objects are not within reach of this node. Its log tells why.")
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

    var folders: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter {
            $0.utf8.count == 2 && $0.utf8.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
        }.sorted()
    }

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

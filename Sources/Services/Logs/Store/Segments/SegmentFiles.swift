import Foundation
import Persistence
import ServiceModel
import Synchronization

/// The folder of segment files, and the descriptors that are open to read them.
///
/// Even numbers are segments as they were appended (`….log`), odd ones were written by compaction (`….merged`). A `.merged` file without a
/// row of its own is what a crash left, and of no use; a `.log` file without one has still to be indexed.
final class SegmentFiles: Sendable {
    let folder: String
    private let open = Mutex<[Int64: Handle]>([:])

    /// How many descriptors are kept.
    static let maximumOpen = 64

    final class Handle: Sendable {
        let descriptor: Int32
        init(descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }

    struct Missing: Error { var segment: Int64 }

    init(folder: String) { self.folder = folder }

    func path(_ segment: Int64) -> String {
        "\(folder)/\(Hexadecimal.text(UInt64(bitPattern: segment), digits: 16)).\(segment & 1 == 1 ? "merged" : "log")"
    }

    /// The segments that have a file.
    func list() -> [Int64] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { name in
            let parts = name.split(separator: ".")
            guard parts.count == 2, let number = Int64(parts[0], radix: 16), "\(folder)/\(name)" == path(number) else {
                return nil
            }
            return number
        }.sorted()
    }

    func makeFolder() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw DatabaseError.failed("The folder \(folder) can't be made: \(error.localizedDescription)")
        }
    }

    /// Makes a segment's file, empty; its name is on disk if `isSynced`.
    /// - Returns: a descriptor to write with, for the caller to close.
    func create(_ segment: Int64, isSynced: Bool) throws -> Int32 {
        let descriptor = Foundation.open(path(segment), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw Self.error(errno, "A segment of the logs can't be made") }
        if isSynced {
            let parent = Foundation.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if parent >= 0 {
                fsync(parent)
                close(parent)
            }
        }
        return descriptor
    }

    func remove(_ segment: Int64) {
        open.withLock { _ = $0.removeValue(forKey: segment) }
        unlink(path(segment))
    }

    func removeAll() {
        open.withLock { $0.removeAll() }
        for segment in list() { unlink(path(segment)) }
    }

    /// Reads a part of a segment.
    /// - Throws: ``Missing`` if there is no such segment any more.
    func read(_ segment: Int64, offset: Int, length: Int) throws -> [UInt8] {
        let handle = try handle(segment)
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            while count < length, let start = buffer.baseAddress {
                let size = pread(handle.descriptor, start + count, length - count, off_t(offset + count))
                if size == 0 { break }
                if size > 0 {
                    count += size
                } else if errno != EINTR {
                    failure = errno
                    break
                }
            }
        }
        if failure != 0 { throw Self.error(failure, "A segment of the logs can't be read") }
        return bytes
    }

    func size(_ segment: Int64) throws -> Int {
        var status = stat()
        let handle = try handle(segment)
        if fstat(handle.descriptor, &status) != 0 { throw Self.error(errno, "A segment of the logs can't be read") }
        return Int(status.st_size)
    }

    private func handle(_ segment: Int64) throws -> Handle {
        if let handle = open.withLock({ $0[segment] }) { return handle }
        let descriptor = Foundation.open(path(segment), O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            if errno == ENOENT { throw Missing(segment: segment) }
            throw Self.error(errno, "A segment of the logs can't be opened")
        }
        let handle = Handle(descriptor: descriptor)
        open.withLock { open in
            if open.count >= Self.maximumOpen, let victim = open.keys.min() { open.removeValue(forKey: victim) }
            open[segment] = handle
        }
        return handle
    }

    static func error(_ code: Int32, _ what: String) -> DatabaseError {
        code == ENOSPC || code == EDQUOT ? .diskFull : .failed("\(what): \(String(cString: strerror(code))).")
    }
}

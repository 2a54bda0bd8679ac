package import Foundation

/// Files that appear whole or not at all, and stay.
package enum DurableFile {
    /// Writes `bytes` to a temporary file, syncs it, gives it its name and syncs that name. A failure leaves nothing behind.
    /// - Parameters:
    ///   - bytes: the whole content.
    ///   - path: the file's name.
    ///   - temporaryFolder: where the file grows, on the same file system.
    ///   - mode: who may read and write it.
    ///   - isSynced: false leaves the writing to the operating system.
    /// - Throws: ``DatabaseError``.
    static func write(
        _ bytes: some ContiguousBytes, to path: String, temporaryFolder: String, mode: mode_t, isSynced: Bool = true
    ) throws {
        let temporary = "\(temporaryFolder)/.\(UInt64.random(in: 0 ... .max)).part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        if descriptor < 0 { throw DatabaseError(errno: errno, "A file can't be written in \(temporaryFolder)") }
        do {
            defer { close(descriptor) }
            try bytes.withUnsafeBytes { try writeAll($0, to: descriptor, path) }
            if isSynced, fdatasync(descriptor) != 0 { throw DatabaseError(errno: errno, "\(path) can't be written") }
        } catch {
            unlink(temporary)
            throw error
        }
        if rename(temporary, path) != 0 {
            let code = errno
            unlink(temporary)
            throw DatabaseError(errno: code, "\(path) can't be written")
        }
        if isSynced { try syncFolder(parent(of: path)) }
    }

    /// Makes a folder; its name is synced. No error if it is there.
    package static func makeFolder(_ path: String, mode: mode_t, isSynced: Bool = true) throws {
        if mkdir(path, mode) == 0 {
            if isSynced { try syncFolder(parent(of: path)) }
        } else if errno != EEXIST {
            throw DatabaseError(errno: errno, "The folder \(path) can't be made")
        }
    }

    package static func syncFolder(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { throw DatabaseError(errno: errno, "The folder \(path) can't be opened") }
        defer { close(descriptor) }
        if fsync(descriptor) != 0 { throw DatabaseError(errno: errno, "The folder \(path) can't be written") }
    }

    /// The whole file, nil if there is none.
    static func read(_ path: String) throws -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw DatabaseError(errno: errno, "\(path) can't be read")
        }
        defer { close(descriptor) }
        var status = stat()
        if fstat(descriptor, &status) != 0 { throw DatabaseError(errno: errno, "\(path) can't be read") }
        let size = max(0, Int(status.st_size))
        return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size, let start = buffer.baseAddress {
                let length = Foundation.read(descriptor, start + count, size - count)
                if length == 0 { break }
                if length > 0 {
                    count += length
                } else if errno != EINTR {
                    throw DatabaseError(errno: errno, "\(path) can't be read")
                }
            }
        }
    }

    private static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String) throws {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let length = Foundation.write(descriptor, start, rest.count)
            if length >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[length...])
            } else if errno != EINTR {
                throw DatabaseError(errno: errno, "\(path) can't be written")
            }
        }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

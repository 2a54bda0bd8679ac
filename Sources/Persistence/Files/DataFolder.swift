import Foundation

/// The folder that holds everything of one installation, for one process at a time.
///
///     database.sqlite   what SQLite holds (absent with PostgreSQL)
///     blobs/            content-addressed packages
///     code/             unpacked packages, made again from blobs when missing
///     logs/             segments of log streams
///     objects/          data of S3's objects
///     tls/              the certificate authority, if TLS asked for one
///     tmp/              emptied at each start
///     lock              locked while a process has the folder; holds its process id
///     master.key, root.credentials
public final class DataFolder: Sendable {
    /// Absolute, without a slash at the end.
    public let path: String
    private let lock: Int32

    public var database: String { path + "/database.sqlite" }
    public var blobs: String { path + "/blobs" }
    public var code: String { path + "/code" }
    public var logs: String { path + "/logs" }
    public var objects: String { path + "/objects" }
    public var temporary: String { path + "/tmp" }

    /// Opens the folder, which is made (mode 0700) if there is none, and locks it until ``close()`` or the end of the process.
    /// - Throws: ``DatabaseError/inUse(_:)`` if another process has it; ``DatabaseError/failed(_:)`` in plain words if it can't
    ///   be used.
    public init(path: String) throws {
        let path = Self.absolute(path)
        try Self.makeAll(path)
        let lock = try Self.lock(path)
        self.path = path
        self.lock = lock
        do {
            for folder in [blobs, code, logs, objects, temporary] { try DurableFile.makeFolder(folder, mode: 0o700) }
            try Self.empty(temporary)
        } catch {
            Foundation.close(lock)
            throw error
        }
    }

    deinit { Foundation.close(lock) }

    /// A folder for one run, under the system's temporary folder. ``remove()`` ends it; what a killed run has left is removed by the
    /// next one.
    /// - Throws: ``DatabaseError``.
    public static func ephemeral() throws -> DataFolder {
        let parent = absolute(FileManager.default.temporaryDirectory.path)
        removeAbandoned(in: parent)
        return try DataFolder(path: "\(parent)/\(ephemeralPrefix)\(UUID().uuidString.lowercased())")
    }

    /// Removes the folder with all that is in it.
    public func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The process that has the folder open, nil if none has: for `martlet status` and `doctor`.
    public static func owner(path: String) -> Int? {
        let descriptor = open(absolute(path) + "/lock", O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return nil }
        defer { Foundation.close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        return holder(descriptor)
    }

    private static let ephemeralPrefix = "martlet-ephemeral-"

    private static func removeAbandoned(in parent: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for name in names where name.hasPrefix(ephemeralPrefix) {
            let path = "\(parent)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
                continue
            }
            // Without a lock it is just being made.
            let descriptor = open(path + "/lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            if descriptor < 0 { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { try? FileManager.default.removeItem(atPath: path) }
            Foundation.close(descriptor)
        }
    }

    private static func lock(_ path: String) throws -> Int32 {
        let descriptor = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw DatabaseError(errno: errno, "The data folder \(path) can't be used") }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            defer { Foundation.close(descriptor) }
            guard code == EWOULDBLOCK else {
                throw DatabaseError(errno: code, "The data folder \(path) can't be locked")
            }
            throw DatabaseError.inUse(folder: path, by: holder(descriptor))
        }
        // Only for the message: a full disk does not matter.
        let text = "\(getpid())\n"
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.utf8.count, 0) }
        return descriptor
    }

    private static func holder(_ descriptor: Int32) -> Int? {
        var buffer = [UInt8](repeating: 0, count: 32)
        let length = pread(descriptor, &buffer, buffer.count, 0)
        guard length > 0 else { return nil }
        return Int(String(decoding: buffer[..<length], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private static func absolute(_ path: String) -> String {
        var path = path.isEmpty ? "." : path
        if path.utf8.first != UInt8(ascii: "/") { path = FileManager.default.currentDirectoryPath + "/" + path }
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        return path
    }

    /// Makes the folder and those above it. One that is there keeps its mode: it may be shared with others on purpose.
    private static func makeAll(_ path: String) throws {
        var status = stat()
        if stat(path, &status) == 0 {
            if status.st_mode & S_IFMT != S_IFDIR { throw DatabaseError.failed("\(path) is not a folder.") }
            return
        }
        if errno != ENOENT { throw DatabaseError(errno: errno, "The data folder \(path) can't be used") }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeAll(String(path[..<slash])) }
        try DurableFile.makeFolder(path, mode: 0o700)
    }

    private static func empty(_ folder: String) throws {
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                try FileManager.default.removeItem(atPath: folder + "/" + name)
            }
        } catch {
            throw DatabaseError.failed("The folder \(folder) can't be emptied: \(error.localizedDescription)")
        }
    }
}

extension DatabaseError {
    /// What a user is told whose data folder another process has.
    public static func inUse(folder: String, by process: Int?) -> DatabaseError {
        let process = process.map { " by process \($0)" } ?? ""
        return .inUse(
            "The data folder \(folder) is in use\(process). Stop that process, or choose another folder with --data.")
    }
}

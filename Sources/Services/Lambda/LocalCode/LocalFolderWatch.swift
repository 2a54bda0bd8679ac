import Foundation
import Synchronization

/// Tells whether anything has changed in some folders, for the price of one call of the system, however many files there are.
///
/// The kernel notes a change before the call that made it returns, so that whoever saves a file and then invokes the function
/// finds the change noted. That holds for file systems of this machine only: of one that others change too, the kernel
/// hears nothing.
final class LocalFolderWatch: Sendable {
    private let queue: Int32
    /// Whether it hears of everything. Set while one thread adds folders, read when that is done.
    private let isComplete = Atomic<Bool>(true)

    /// Nil if the folder is on a file system where changes can go unheard, or there is no room for another watch.
    init?(_ path: String) {
        guard let mounts = try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8),
            let kind = Self.fileSystem(of: path, mounts: mounts), !Self.isShared(kind)
        else { return nil }
        queue = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard queue >= 0 else { return nil }
    }

    deinit { close(queue) }

    /// From now on, changes in the folder count.
    func add(_ folder: Int32) {
        let kinds =
            IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO
            | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT
        if inotify_add_watch(queue, "/proc/self/fd/\(folder)", UInt32(kinds)) < 0 { doubt() }
    }

    /// Says that there is something of which it does not hear.
    func doubt() { isComplete.store(false, ordering: .relaxed) }

    /// Whether nothing has changed since the folders were added. Once there was a change, a new watch is needed.
    var isQuiet: Bool {
        guard isComplete.load(ordering: .relaxed) else { return false }
        var events: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
        let size = withUnsafeMutableBytes(of: &events) { read(queue, $0.baseAddress, $0.count) }
        if size < 0, errno == EAGAIN { return true }
        doubt()
        return false
    }

    /// The kind of the file system that an absolute path is on, by the text of `/proc/self/mountinfo`.
    static func fileSystem(of path: String, mounts: String) -> String? {
        var longest = -1
        var kind: String?
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 4, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else { continue }
            let place = fields[4].replacing("\\040", with: " ").replacing("\\011", with: "\t").replacing(
                "\\134", with: "\\")
            guard place == "/" || path == place || path.hasPrefix(place + "/"), place.utf8.count >= longest else {
                continue
            }
            longest = place.utf8.count
            kind = String(fields[dash + 1])
        }
        return kind
    }

    /// Whether others change it too, without this kernel.
    static func isShared(_ kind: String) -> Bool {
        kind.hasPrefix("fuse")
            || ["9p", "afs", "ceph", "cifs", "nfs", "nfs4", "smb3", "smbfs", "vboxsf", "virtiofs"].contains(kind)
    }
}

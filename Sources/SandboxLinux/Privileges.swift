internal import CLauncherProtocol
import Glibc

/// How `martlet up` gives up root once the launcher runs.
public enum Privileges {
    /// Used where there is neither a user `martlet` nor a user who called sudo. Far from the uids that hosts give out.
    static let fallbackUser: uid_t = 1_999_999_999
    private static let nobody: uid_t = 65534

    /// Becomes an unprivileged user for good and gives the data folder to it. Without root: does nothing.
    ///
    /// Synchronous, in a process with one thread: before anything asynchronous, and before the first log handler, event
    /// loop or database. The pid, open descriptors and signals stay as they are.
    /// - Parameters:
    ///   - dataFolder: It exists.
    ///   - made: Further folders, which were made for this process just now, and are given to the user too.
    /// - Returns: The data folder's path from now on: another one where the new user cannot reach it by its own, such
    ///   as below `/root`. Then it is bind-mounted below `/run/martlet` in a mount namespace of this process's own.
    /// - Throws: ``LauncherError``. The process should end then.
    public static func drop(dataFolder: String, made: [String] = []) throws -> String {
        guard geteuid() == 0 else { return dataFolder }
        // Root of a user namespace with one uid is nobody's root: there is nothing to give up, and nobody else to be.
        guard let (uid, gid) = user() else { return dataFolder }
        guard ml_threads() == 1 else { throw LauncherError("cannot give up root: there are threads already") }
        guard !isSystemFolder(dataFolder) else {
            throw LauncherError(
                "\(dataFolder) is a folder of the system: Martlet would own everything in it. Name a folder of its own with --data."
            )
        }
        guard ml_give(dataFolder, uid, gid) == 0 else {
            throw LauncherError("cannot give the data folder \(dataFolder) to uid \(uid)", code: errno)
        }
        for path in made where chown(path, uid, gid) != 0 {
            throw LauncherError("cannot give the folder \(path) to uid \(uid)", code: errno)
        }
        var folder = dataFolder
        if !isReachable(dataFolder, uid: uid, gid: gid) { folder = try rebind(dataFolder) }
        guard ml_become(uid, gid) == 0 else { throw LauncherError("cannot become uid \(uid)", code: errno) }
        return folder
    }

    /// A slip such as `--data /etc` must not change the owner of everything below.
    private static func isSystemFolder(_ path: String) -> Bool {
        guard let canonical = realpath(path, nil) else { return true }
        defer { free(canonical) }
        let folder = String(cString: canonical)
        let exactly = [
            "/", "/home", "/media", "/mnt", "/opt", "/root", "/run", "/srv", "/tmp", "/var", "/var/lib", "/var/log",
            "/var/tmp",
        ]
        let below = ["/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/sbin", "/sys", "/usr"]
        return exactly.contains(folder) || below.contains { folder == $0 || folder.hasPrefix($0 + "/") }
    }

    /// `martlet`, else who called sudo, else ``fallbackUser``, else nobody, whoever exists here; nil: none.
    private static func user() -> (uid_t, gid_t)? {
        if let entry = getpwnam("martlet"), entry.pointee.pw_uid != 0 {
            return (entry.pointee.pw_uid, entry.pointee.pw_gid)
        }
        if let uid = number("SUDO_UID"), uid != 0, uid != uid_t.max {
            return (uid, number("SUDO_GID") ?? uid)
        }
        return [(fallbackUser, fallbackUser), (nobody, nobody)].first { ml_is_mapped($0.0, $0.1) != 0 }
    }

    private static func number(_ variable: String) -> UInt32? {
        getenv(variable).flatMap { UInt32(String(cString: $0)) }
    }

    /// Whether every folder above can be passed by the user.
    private static func isReachable(_ path: String, uid: uid_t, gid: gid_t) -> Bool {
        guard let canonical = realpath(path, nil) else { return false }
        defer { free(canonical) }
        var folder = ""
        for part in String(cString: canonical).split(separator: "/") {
            var status = stat()
            guard stat(folder.isEmpty ? "/" : folder, &status) == 0 else { return false }
            let bit: mode_t = status.st_uid == uid ? 0o100 : status.st_gid == gid ? 0o010 : 0o001
            guard status.st_mode & bit != 0 else { return false }
            folder += "/\(part)"
        }
        return true
    }

    /// The same place in every Martlet: each has mounts of its own.
    private static func rebind(_ folder: String) throws -> String {
        let place = "/run/martlet/data"
        guard mkdir("/run/martlet", 0o755) == 0 || errno == EEXIST, mkdir(place, 0o755) == 0 || errno == EEXIST else {
            throw LauncherError("cannot make \(place)", code: errno)
        }
        guard ml_rebind(folder, place) == 0 else {
            throw LauncherError("cannot mount the data folder \(folder) at \(place)", code: errno)
        }
        return place
    }
}

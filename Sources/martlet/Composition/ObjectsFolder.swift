import Foundation

/// The folder that `--objects` names: the same for all nodes on one database, and maybe on a file server.
enum ObjectsFolder {
    /// - Returns: whether it was made; else it was there.
    /// - Throws: ``SettingsError``.
    static func make(_ path: String) throws -> Bool {
        if mkdir(path, 0o700) == 0 { return true }
        let code = errno
        var isFolder: ObjCBool = false
        guard code == EEXIST, FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
        else {
            throw SettingsError("--objects is \(path), which cannot be made: \(String(cString: strerror(code))).")
        }
        return false
    }

    /// - Throws: ``SettingsError`` if this process, which has given up root by now, cannot write there.
    static func requireWritable(_ path: String) throws {
        guard access(path, R_OK | W_OK | X_OK) != 0 else { return }
        let reason = String(cString: strerror(errno))
        let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(geteuid())"
        throw SettingsError(
            """
            --objects is \(path), which cannot be written by the user that Martlet runs as (\(user)): \(reason). \
            Give the folder to that user (chown), and let it enter the folders above.
            """)
    }
}

import Foundation

/// The folders that `--allow-local-code` names.
enum LocalCodeFolders {
    /// No function's code is there, and what is there must not be shown to functions by a slip.
    private static let ofTheSystem = ["/boot", "/dev", "/etc", "/proc", "/run", "/sys"]
    private static let most = 64

    /// The folders as canonical paths: without links, as the launcher wants them.
    /// - Throws: ``SettingsError`` for what is no folder, or a folder of the system.
    static func canonical(_ folders: [String]) throws -> [String] {
        guard folders.count <= most else {
            throw SettingsError("--allow-local-code can be given \(most) times at most.")
        }
        return try folders.map { folder in
            guard let resolved = realpath(folder, nil) else {
                throw SettingsError(
                    "--allow-local-code is \(folder), which cannot be opened: \(String(cString: strerror(errno))).")
            }
            defer { free(resolved) }
            let path = String(cString: resolved)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
                throw SettingsError("--allow-local-code is \(folder), which is no folder.")
            }
            guard path != "/", !ofTheSystem.contains(where: { path == $0 || path.hasPrefix($0 + "/") }) else {
                throw SettingsError("--allow-local-code is \(folder), a folder of the system. Name one of a project.")
            }
            return path
        }
    }

    /// Says at the start what every invocation would run into.
    /// - Throws: ``SettingsError`` if this process, which has given up root by now, cannot read a folder.
    static func requireReadable(_ folders: [String]) throws {
        for folder in folders where access(folder, R_OK | X_OK) != 0 {
            let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(geteuid())"
            throw SettingsError(
                """
                --allow-local-code is \(folder), which cannot be read by the user that Martlet runs as (\(user)): \
                \(String(cString: strerror(errno))). Let others enter it and the folders above (chmod o+rx), or start \
                Martlet with sudo as the folder's owner, or without root.
                """)
        }
    }
}

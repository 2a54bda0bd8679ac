/// Finds the folder of the bootstraps, which is part of Martlet's installation.
public enum BootstrapFolder {
    /// Looks where `MARTLET_RUNTIMES` says; then in `share/martlet/Runtimes` beside the executable's `bin`; then, for a
    /// server that was built in a checkout, in the folders above the executable.
    /// - Parameters:
    ///   - executable: the absolute path of the server's program.
    ///   - environment: of the server.
    ///   - files: the file system.
    /// - Returns: nil if it is nowhere, or not where `MARTLET_RUNTIMES` says.
    public static func find(executable: String, environment: [String: String], in files: some FileTree) -> String? {
        if let given = environment["MARTLET_RUNTIMES"], !given.isEmpty {
            return isComplete(given, in: files)
        }
        var folder = parent(files.realPath(executable) ?? executable)
        if let installed = isComplete("\(parent(folder))/share/martlet/Runtimes", in: files) {
            return installed
        }
        while folder.count > 1 {
            if let found = isComplete("\(folder)/Runtimes", in: files) {
                return found
            }
            folder = parent(folder)
        }
        return nil
    }

    private static func isComplete(_ folder: String, in files: some FileTree) -> String? {
        guard files.realPath("\(folder)/python/bootstrap.py") != nil,
            files.realPath("\(folder)/nodejs/bootstrap.cjs") != nil
        else { return nil }
        return files.realPath(folder)
    }

    private static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return String(path[..<slash])
    }
}

internal import CLauncherProtocol
import Glibc

/// A running launcher: the process that makes sandboxes and, with root, is the only part of Martlet that keeps it.
///
/// Starting it is synchronous and makes no thread, so that root can be given up afterwards (``Privileges``). The
/// launcher ends when its socket closes: with this process, however that ends.
public final class LauncherProcess: Sendable {
    /// The data folder as the launcher knows it.
    let dataFolder: String
    let socket: Int32
    let pid: Int32

    private init(dataFolder: String, socket: Int32, pid: Int32) {
        self.dataFolder = dataFolder
        self.socket = socket
        self.pid = pid
    }

    /// Starts the launcher.
    /// - Throws: ``LauncherError``.
    public static func start(_ configuration: LauncherConfiguration) throws -> LauncherProcess {
        let executable = try configuration.executable ?? locate()
        let data = ml_open_folder(configuration.dataFolder)
        guard data >= 0 else {
            throw LauncherError("cannot open the data folder \(configuration.dataFolder)", code: errno)
        }
        defer { close(data) }
        var status = stat()
        guard fstat(data, &status) == 0, let path = realpath(configuration.dataFolder, nil) else {
            throw LauncherError("cannot look at the data folder \(configuration.dataFolder)", code: errno)
        }
        defer { free(path) }
        let folder = String(cString: path)

        var ends: [Int32] = [-1, -1]
        guard ml_pair(&ends) == 0 else { throw LauncherError("cannot make a socket for the launcher", code: errno) }
        defer { close(ends[1]) }
        // The same folder is the same instance: what a killed launcher left for it is found again.
        let instance = String(status.st_dev, radix: 16) + "-" + String(status.st_ino, radix: 16)
        var arguments = configuration.wrapper + [executable, "--instance", instance, "--data", folder]
        for prefix in configuration.allowedPrefixes { arguments += ["--allow", prefix] }
        for folder in configuration.codeFolders.prefix(64) { arguments += ["--code", folder] }
        for domain in configuration.domains.prefix(64) {
            arguments += ["--domain", domain.hasPrefix(".") ? String(domain.dropFirst()) : domain]
        }
        if let patience = configuration.patience { arguments += ["--patience", String(patience)] }

        var pid: pid_t = 0
        let error = withCStrings(arguments) { ml_start(arguments[0], $0, ends[1], data, &pid) }
        guard error == 0 else {
            close(ends[0])
            throw LauncherError("cannot start the launcher \(executable)", code: error)
        }
        return LauncherProcess(dataFolder: folder, socket: ends[0], pid: pid)
    }

    /// Where the launcher is: `MARTLET_LAUNCHER`, beside this executable, or in `../libexec/martlet`.
    /// - Throws: ``LauncherError`` with the places that were looked at.
    public static func locate() throws -> String {
        if let named = getenv("MARTLET_LAUNCHER") { return String(cString: named) }
        guard let path = realpath("/proc/self/exe", nil) else {
            throw LauncherError("cannot find out where this program is", code: errno)
        }
        defer { free(path) }
        let folder = String(cString: path).split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
            separator: "/")
        let places = ["martlet-launcher", "launcher", "../libexec/martlet/martlet-launcher"].map { "\(folder)/\($0)" }
        guard let found = places.first(where: { access($0, X_OK) == 0 }) else {
            throw LauncherError(
                "cannot find the launcher; looked for \(places.joined(separator: ", ")). MARTLET_LAUNCHER can name it.")
        }
        return found
    }
}

/// Calls `body` with a NULL-terminated array of C strings.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    return body(&pointers)
}

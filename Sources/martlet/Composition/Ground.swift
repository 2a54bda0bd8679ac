import Execution
import Foundation
import FrontDoor
import Persistence
import SandboxLinux

/// What must be settled while the process is root, if it is, and has one thread: the launcher of sandboxes runs, the interpreters
/// that only root may look for are found, and everything else happens without privileges.
struct Ground: Sendable {
    let launcher: LauncherProcess
    let runtimes: RuntimeCatalog
    /// The data folder's path from now on.
    let folder: String
    /// The data folder as the user named it.
    let namedFolder: String
    /// The folder of S3's objects; nil: it is in the data folder.
    let objects: String?
    /// The folders below which a function's code may be, as canonical paths.
    let localCodeFolders: [String]
    /// The certificate and key that the user named: its files may be root's.
    let identity: TLSIdentity?

    /// - Throws: what prevents a start, in plain words.
    static func prepare(_ settings: Settings) throws -> Ground {
        signal(SIGPIPE, SIG_IGN)
        raiseDescriptorLimit()
        let named = settings.ephemeral ? try temporaryFolder() : absolute(settings.data)
        try makeFolders(named)
        // Asked before the launcher starts; the folder's lock decides.
        if let owner = DataFolder.owner(path: named) { throw DatabaseError.inUse(folder: named, by: owner) }
        let runtimes = HostRuntimes.discover(strict: settings.strictRuntimes)
        var prefixes = runtimes.interpreters.map(\.prefix)
        if let bootstraps = runtimes.bootstraps { prefixes.append(bootstraps) }
        var configuration = LauncherConfiguration(dataFolder: named, allowedPrefixes: prefixes)
        configuration.domains = settings.hostSuffixes
        configuration.codeFolders = try LocalCodeFolders.canonical(settings.localCodeFolders.map(absolute))
        let launcher = try LauncherProcess.start(configuration)
        let identity = try TransportSecurity.identity(settings.tls)
        let objects = settings.objects.map(absolute)
        let isMade = try objects.map(ObjectsFolder.make) ?? false
        let folder = try Privileges.drop(dataFolder: named, made: isMade ? objects.map { [$0] } ?? [] : [])
        if let objects { try ObjectsFolder.requireWritable(objects) }
        try LocalCodeFolders.requireReadable(configuration.codeFolders)
        return Ground(
            launcher: launcher, runtimes: runtimes, folder: folder, namedFolder: named, objects: objects,
            localCodeFolders: configuration.codeFolders, identity: identity)
    }

    /// Each connection is a descriptor, and shells and service managers begin with 1024 of them.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func temporaryFolder() throws -> String {
        var template = Array("\(NSTemporaryDirectory())martlet-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else {
            throw SettingsError("No temporary folder can be made: \(String(cString: strerror(errno))).")
        }
        return String(cString: path)
    }

    private static func makeFolders(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw SettingsError(
                "The data folder \(path) cannot be made: \(String(cString: strerror(errno))). Choose another with --data."
            )
        }
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}

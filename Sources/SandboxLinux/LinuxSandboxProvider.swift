internal import CLauncherProtocol
public import Sandbox

/// Sandboxes made of Linux's namespaces, control groups and seccomp, by the launcher.
public final class LinuxSandboxProvider: SandboxProvider {
    private let connection: LauncherConnection
    private let dataFolders: [String]

    /// - Parameters:
    ///   - launcher: Started before; this object talks to it from now on, and there is one per launcher.
    ///   - dataFolder: The data folder's path as this process uses it (``Privileges/drop(dataFolder:)``); nil: the one
    ///     that the launcher was started with.
    public init(launcher: LauncherProcess, dataFolder: String? = nil) {
        connection = LauncherConnection(launcher)
        dataFolders = [dataFolder, launcher.dataFolder].compactMap { $0 }
    }

    deinit {
        connection.shutDown()
    }

    /// Starts a program in a new sandbox. `code`, and binds below the data folder, may be absolute or relative to it;
    /// other binds must lie below the prefixes that the launcher was started with.
    public func start(_ configuration: SandboxConfiguration) async throws -> any Sandbox {
        let body = try SpawnMessage.encode(configuration, dataFolders: dataFolders)
        let answer = try await connection.ask(ML_SPAWN, body: body)
        return try LinuxSandbox(
            answer, id: configuration.id, ports: configuration.listeningPorts, dataFolders: dataFolders,
            connection: connection)
    }

    public var forksStems: Bool {
        get async { ((await connection.hello()?.features ?? 0) & UInt32(ML_FEATURE_FORKS.rawValue)) != 0 }
    }

    public var missingProtections: [String] {
        get async {
            await connection.hello()?.missingProtections
                ?? ["Functions cannot run: the launcher has ended; its last message is in Martlet's log."]
        }
    }

    /// Kills every sandbox and ends the launcher, and waits for its end: who starts another at once finds the data folder
    /// free, and no process is left for init to reap.
    public func shutDown() async {
        connection.shutDown()
        await connection.ended()
    }
}

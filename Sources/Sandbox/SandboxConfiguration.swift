/// Everything that a sandbox is made from.
public struct SandboxConfiguration: Sendable {
    /// A folder or file of the host that is bound read-only into the sandbox.
    public struct Bind: Sendable, Hashable {
        public var host: String
        public var inside: String
        public init(host: String, inside: String) {
            self.host = host
            self.inside = inside
        }
    }

    public enum Network: String, Sendable { case none, internet }

    /// Unique among the running sandboxes; letters, digits and `-`, at most 64.
    public var id: String
    /// The program and its arguments, as seen inside.
    public var command: [String]
    /// The whole environment, `NAME=value`.
    public var environment: [String]
    /// The working directory inside, such as `/var/task`.
    public var workingDirectory: String
    /// The function's code, bound read-only at `/var/task`: a folder below the data folder.
    public var code: String?
    /// Interpreter (`/var/lang` or where it must be), bootstraps (`/var/runtime`).
    public var binds: [Bind]
    /// The memory limit in MiB.
    public var memory: Int
    /// Size of /tmp in MiB.
    public var temporaryStorage: Int
    /// TCP ports on 127.0.0.1 inside, for which listening sockets are handed out.
    public var listeningPorts: [Int]
    public var network: Network
    /// Whether the programs in `/opt/extensions` run beside the command, which starts when it is told to: a supervisor connects to
    /// the last of the listening ports, and is talked to as `Sources/launcher/supervise.h` says.
    public var runsExtensions = false
    /// Not nil: a sandbox that is made ahead, for no function yet. It has no code; its memory limit is set anew by
    /// ``Sandbox/specialise(_:)``.
    public var stem: Stem?

    /// How the program of a stem waits.
    public enum Stem: Sendable, Hashable {
        /// It runs, with its environment as given, and reads the function's from a socket.
        case running
        /// The same, and it may have been forked from another process of the same program, which knows no function either.
        case forked
        /// It has not been executed; `command` and `environment` come with the function.
        case beforeExec
    }

    public init(
        id: String, command: [String], environment: [String], workingDirectory: String = "/var/task", code: String?,
        binds: [Bind] = [], memory: Int, temporaryStorage: Int = 512, listeningPorts: [Int], network: Network = .none
    ) {
        self.id = id
        self.command = command
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.code = code
        self.binds = binds
        self.memory = memory
        self.temporaryStorage = temporaryStorage
        self.listeningPorts = listeningPorts
        self.network = network
    }
}

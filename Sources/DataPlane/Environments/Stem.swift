import Sandbox
import Synchronization

/// What all stems have in common that can become one another's place. Functions with the same kind may begin in the same stems.
struct StemKind: Sendable, Hashable {
    /// For people: such as `python3.12`.
    var name: String
    /// Empty for a program that waits before its exec.
    var command: [String]
    var environment: [String]
    var binds: [SandboxConfiguration.Bind]
    var storage: Int
    /// Whether its program can be forked: one may be had at any time then, as soon as the sandbox is made.
    var forks = false

    /// Cheap: the environment is long, and the same wherever these are.
    func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(command)
        hasher.combine(storage)
    }

    /// What a stem is before it is a function's.
    func configuration(ports: [Int], network: SandboxConfiguration.Network) -> SandboxConfiguration {
        var configuration = SandboxConfiguration(
            id: "stem-" + RandomHex.text(digits: 16), command: command.isEmpty ? ["/"] : command,
            environment: environment, workingDirectory: command.isEmpty ? "/var/task" : "/", code: nil,
            binds: binds, memory: Self.memory, temporaryStorage: storage, listeningPorts: ports, network: network)
        configuration.stem = command.isEmpty ? .beforeExec : forks ? .forked : .running
        return configuration
    }

    /// What a stem may use until it has its function's limit, in MiB.
    private static let memory = 512
}

/// A sandbox made ahead of any function. It becomes one's at most once.
final class Stem: Sendable {
    let kind: StemKind
    let sandbox: any Sandbox
    private let ready = Mutex(false)

    init(_ kind: StemKind, sandbox: any Sandbox) {
        self.kind = kind
        self.sandbox = sandbox
    }

    var isReady: Bool { ready.withLock { $0 } }

    func becameReady() { ready.withLock { $0 = true } }
}

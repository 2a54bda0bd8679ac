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

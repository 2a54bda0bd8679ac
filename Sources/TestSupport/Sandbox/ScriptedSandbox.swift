import Dispatch
import Glibc
public import Sandbox
import Synchronization

/// A sandbox whose program is a closure: it talks to the Runtime API over a real socket, and prints to a real pipe.
public final class ScriptedSandbox: Sandbox {
    /// What the program can do.
    public struct World: Sendable {
        public var configuration: SandboxConfiguration
        /// The ports of the listening sockets on the host, by the port they would have inside.
        public let ports: [Int: Int]
        let outputDescriptor: Int32
        let sandbox: ScriptedSandbox

        /// Waits where the pipe is full, and keeps no thread of the pool meanwhile.
        public func print(_ text: String) async {
            let descriptor = outputDescriptor
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    var rest = Array(text.utf8)[...]
                    while !rest.isEmpty {
                        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                        if count < 0 && errno == EINTR { continue }
                        if count <= 0 { break }
                        rest = rest.dropFirst(count)
                    }
                    continuation.resume()
                }
            }
        }

        /// Returns when the sandbox has ended: nobody waits for this program any more.
        public func untilEnded() async { _ = await sandbox.exit() }
    }

    private struct State {
        var listeners: [Int: Int32]
        var output: Int32?
        var ended: SandboxExit?
        var waiters: [CheckedContinuation<SandboxExit, Never>] = []
        var actions: [String] = []
    }

    public let id: String
    private let state: Mutex<State>
    private let writeEnd: Int32
    private let configuration: SandboxConfiguration
    private let ports: [Int: Int]
    private let program: @Sendable (World) async -> SandboxExit

    init(_ configuration: SandboxConfiguration, program: @escaping @Sendable (World) async -> SandboxExit) throws {
        id = configuration.id
        var listeners: [Int: Int32] = [:]
        var ports: [Int: Int] = [:]
        for port in configuration.listeningPorts {
            let (descriptor, bound) = try Self.listener()
            listeners[port] = descriptor
            ports[port] = bound
        }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SandboxError.failed("pipe") }
        // Not for the processes that other tests start: they would keep the pipe open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        writeEnd = ends[1]
        state = Mutex(State(listeners: listeners, output: ends[0]))
        (self.configuration, self.ports, self.program) = (configuration, ports, program)
        if configuration.stem == nil { begin(configuration) }
    }

    private func begin(_ configuration: SandboxConfiguration) {
        let world = World(configuration: configuration, ports: ports, outputDescriptor: writeEnd, sandbox: self)
        Task { self.finish(await program(world)) }
    }

    private static func listener() throws -> (Int32, Int) {
        let descriptor = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw -> Int? in
                guard bind(descriptor, raw, length) == 0, listen(descriptor, 16) == 0,
                    getsockname(descriptor, raw, &length) == 0
                else { return nil }
                return Int(UInt16(bigEndian: pointer.pointee.sin_port))
            }
        }
        guard let port else { throw SandboxError.failed("listen") }
        return (descriptor, port)
    }

    private func finish(_ exit: SandboxExit) {
        let waiters = state.withLock { state -> [CheckedContinuation<SandboxExit, Never>] in
            guard state.ended == nil else { return [] }
            state.ended = exit
            defer { state.waiters = [] }
            close(writeEnd)
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: exit) }
    }

    /// What was asked of the sandbox, in order: `freeze`, `thaw`, `kill`, `cpu 72`.
    public var actions: [String] { state.withLock { $0.actions } }

    private func note(_ action: String) { state.withLock { $0.actions.append(action) } }

    public func takeListener(port: Int) -> Int32? { state.withLock { $0.listeners.removeValue(forKey: port) } }
    public func takeOutput() -> Int32? {
        state.withLock { state in
            defer { state.output = nil }
            return state.output
        }
    }
    public func limitCPU(_ milliCPU: Int?) async throws { note("cpu \(milliCPU.map(String.init) ?? "-")") }
    public func freeze() async throws { note("freeze") }
    public func thaw() async throws { note("thaw") }
    public func peakMemory() async -> Int64? { 20 << 20 }
    public func terminate() async { note("terminate") }
    public func kill() async {
        note("kill")
        finish(SandboxExit(status: .signal(9), outOfMemory: false, peakMemory: 20 << 20))
    }
    /// A stem is ready at once.
    public func ready() async -> Bool { state.withLock { $0.ended == nil } }
    /// Its program begins now, once.
    public func specialise(_ orders: SandboxSpecialisation) async throws {
        let isPossible = state.withLock { state in
            defer { state.actions.append("specialise") }
            return state.ended == nil && !state.actions.contains("specialise")
        }
        guard configuration.stem != nil, isPossible else { throw SandboxError.failed("no stem, or not any more") }
        var configuration = configuration
        configuration.environment = orders.environment
        configuration.code = orders.code
        configuration.memory = orders.memory
        begin(configuration)
    }
    public func exit() async -> SandboxExit {
        await withCheckedContinuation { continuation in
            let ended = state.withLock { state -> SandboxExit? in
                if state.ended == nil { state.waiters.append(continuation) }
                return state.ended
            }
            if let ended { continuation.resume(returning: ended) }
        }
    }
}

/// Makes ``ScriptedSandbox``es, and keeps them for inspection.
public final class ScriptedSandboxes: SandboxProvider {
    private let program: @Sendable (ScriptedSandbox.World) async -> SandboxExit
    private let made = Mutex<[ScriptedSandbox]>([])

    public init(_ program: @escaping @Sendable (ScriptedSandbox.World) async -> SandboxExit) { self.program = program }

    public var sandboxes: [ScriptedSandbox] { made.withLock { $0 } }

    public var missingProtections: [String] { ["everything"] }

    public func start(_ configuration: SandboxConfiguration) async throws -> any Sandbox {
        let sandbox = try ScriptedSandbox(configuration, program: program)
        made.withLock { $0.append(sandbox) }
        return sandbox
    }
}

internal import CLauncherProtocol
internal import Sandbox
import Synchronization

/// A sandbox that the launcher made. If nobody refers to it any more it is killed.
final class LinuxSandbox: Sandbox {
    let id: String
    private let number: UInt64
    private let connection: LauncherConnection
    private let end: SandboxEnd
    private let dataFolders: [String]
    private let output: Descriptor
    private let listeners: [Int: Descriptor]
    private let freezer: Descriptor?
    private let freezerIsVersion2: Bool

    /// - Throws: ``SandboxError`` if the answer makes no sense.
    init(
        _ answer: LauncherMessage, id: String, ports: [Int], dataFolders: [String], connection: LauncherConnection
    ) throws {
        guard answer.kind == ML_STARTED.rawValue, let started = answer.fixed(ml_started.self),
            let end = answer.end
        else {
            throw SandboxError.failed("the launcher's answer makes no sense")
        }
        let first = started.has_freezer == 0 ? 1 : 2
        guard answer.descriptors.count == first + ports.count else {
            connection.tell(ML_KILL, sandbox: answer.sandbox)
            throw SandboxError.exhausted("no file descriptors left")
        }
        self.id = id
        self.dataFolders = dataFolders
        self.number = answer.sandbox
        self.connection = connection
        self.end = end
        self.output = answer.descriptors[0]
        self.freezer = started.has_freezer == 0 ? nil : answer.descriptors[1]
        self.freezerIsVersion2 = started.freezer_v2 != 0
        self.listeners = Dictionary(uniqueKeysWithValues: zip(ports, answer.descriptors[first...]))
    }

    deinit {
        if !end.hasEnded { connection.tell(ML_KILL, sandbox: number) }
    }

    func takeListener(port: Int) -> Int32? { listeners[port]?.take() }

    func takeOutput() -> Int32? { output.take() }

    func limitCPU(_ milliCPU: Int?) async throws {
        var body: [UInt8] = []
        let milli = milliCPU.map { UInt32(clamping: max(1, $0)) } ?? 0
        body.append(fixed: ml_limit_cpu(milli: milli, reserved: 0))
        try await connection.ask(ML_LIMIT_CPU, sandbox: number, body: body)
    }

    func freeze() async throws { try await setFrozen(true) }

    func thaw() async throws { try await setFrozen(false) }

    /// Written into the freezer from here: a warm invocation does not wait for the launcher.
    private func setFrozen(_ frozen: Bool) async throws {
        if end.hasEnded { throw SandboxError.failed("the sandbox has ended") }
        guard let freezer else {
            try await connection.ask(frozen ? ML_FREEZE : ML_THAW, sandbox: number)
            return
        }
        let word: StaticString = freezerIsVersion2 ? (frozen ? "1" : "0") : (frozen ? "FROZEN" : "THAWED")
        guard freezer.write(word) else {
            throw SandboxError.failed(frozen ? "cannot freeze the sandbox" : "cannot thaw the sandbox")
        }
    }

    func peakMemory() async -> Int64? { await usage()?.peakMemory }

    func usage() async -> SandboxUsage? {
        guard let answer = try? await connection.ask(ML_STATISTICS, sandbox: number),
            let measured = answer.fixed(ml_measured.self)
        else { return nil }
        return SandboxUsage(
            peakMemory: measured.peak < 0 ? nil : measured.peak, memory: measured.current < 0 ? nil : measured.current,
            processor: ProcessorUse(measured.cpu))
    }

    func terminate() async {
        _ = try? await connection.ask(ML_TERMINATE, sandbox: number)
    }

    func kill() async {
        _ = try? await connection.ask(ML_KILL, sandbox: number)
    }

    func exit() async -> SandboxExit { await end.wait() }

    func ready() async -> Bool { await end.waitUntilReady() }

    func specialise(_ orders: SandboxSpecialisation) async throws {
        do {
            let body = try SpawnMessage.encode(orders, dataFolders: dataFolders)
            try await connection.ask(ML_SPECIALISE, sandbox: number, body: body)
        } catch {
            connection.tell(ML_KILL, sandbox: number)
            throw error
        }
    }
}

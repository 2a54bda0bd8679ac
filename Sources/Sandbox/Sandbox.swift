/// Makes sandboxes: one implementation per way to isolate.
public protocol SandboxProvider: Sendable {
    /// Starts a program in a new sandbox.
    /// - Throws: ``SandboxError``.
    func start(_ configuration: SandboxConfiguration) async throws -> any Sandbox
    /// What protection this machine lacks, a sentence each, for `martlet doctor`. Empty: nothing.
    var missingProtections: [String] { get async }
    /// Whether stems are forked that may be (``SandboxConfiguration/Stem/forked``): then one is made faster than its program starts.
    var forksStems: Bool { get async }
}

extension SandboxProvider {
    public var forksStems: Bool { false }
}

/// A running sandbox. It ends by itself when its program ends: then every process in it is killed and everything it held is freed.
public protocol Sandbox: Sendable, AnyObject {
    var id: String { get }
    /// Takes ownership of the listening sockets, non-blocking, by the port they have inside. Each is handed out once.
    func takeListener(port: Int) -> Int32?
    /// Takes ownership of the read end of the pipe that the program's standard output and error share. Handed out once.
    func takeOutput() -> Int32?
    /// Limits the CPU share, after init: thousandths of one CPU. nil lifts the limit.
    func limitCPU(_ milliCPU: Int?) async throws
    func freeze() async throws
    func thaw() async throws
    /// The peak of what the processes used so far, in bytes (anonymous and shared memory); nil where the kernel does not tell.
    func peakMemory() async -> Int64?
    /// What the processes hold and have used so far; nil if it has ended.
    func usage() async -> SandboxUsage?
    /// Asks the program to end (SIGTERM to its main process).
    func terminate() async
    /// Kills everything inside. No error if it has ended.
    func kill() async
    /// Waits for the end of the program. May be called by several callers, also after the end.
    func exit() async -> SandboxExit
    /// Waits until a stem has loaded all that it can.
    /// - Returns: false if it ended before, or is no stem.
    func ready() async -> Bool
    /// Makes a stem, ready or not, the sandbox of a function; once.
    /// - Throws: ``SandboxError``. Then it is of no use for anything and ends.
    func specialise(_ orders: SandboxSpecialisation) async throws
}

extension Sandbox {
    public func usage() async -> SandboxUsage? {
        await peakMemory().map { SandboxUsage(peakMemory: $0, memory: nil, processor: nil) }
    }
    public func ready() async -> Bool { false }
    public func specialise(_ orders: SandboxSpecialisation) async throws {
        throw SandboxError.failed("the sandbox is no stem")
    }
}

/// How a sandbox's program ended.
public struct SandboxExit: Sendable, Hashable {
    public enum Status: Sendable, Hashable {
        case code(Int32)
        case signal(Int32)
    }
    public var status: Status
    /// The kernel ended it because it reached its memory limit.
    public var outOfMemory: Bool
    /// As ``Sandbox/peakMemory()`` at the end.
    public var peakMemory: Int64?
    /// Of all processes, from the start to the end; nil where the kernel does not tell.
    public var processor: ProcessorUse?

    public init(status: Status, outOfMemory: Bool, peakMemory: Int64?) {
        self.status = status
        self.outOfMemory = outOfMemory
        self.peakMemory = peakMemory
    }
}

public enum SandboxError: Error, Sendable, Hashable {
    /// The program does not exist inside, or is no executable for this machine.
    case invalidEntrypoint(String)
    /// The machine has no room: memory, process ids, disk.
    case exhausted(String)
    /// The launcher is gone.
    case launcherLost
    case failed(String)
}

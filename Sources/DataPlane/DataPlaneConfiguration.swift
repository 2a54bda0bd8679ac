public import Execution
public import NIOCore
public import Sandbox

/// How the data plane keeps its environments.
public struct DataPlaneConfiguration: Sendable {
    /// What functions may reach beside the platform.
    public var network = SandboxConfiguration.Network.internet
    /// An idle environment's processes stop after this; the next event wakes them.
    public var freezeAfter: TimeAmount = .milliseconds(250)
    /// An idle environment is ended after this.
    public var endAfter: TimeAmount = .minutes(8)
    /// No environment serves longer, so that its credentials always work.
    public var maximumAge: Duration = .seconds(6 * 3600)
    /// Environments that are kept started for functions to come: at most so many, and what they may hold in bytes. nil: none.
    public var stems: StemLimits?
    /// Invocations of one account in one region at a time.
    public var accountConcurrency = 1000
    /// Whether new environments start only where the machine has memory for them; nil: always.
    public var memoryAdmission: MemoryAdmission?
    /// Asks what memory is left; nil: nobody can tell. Blocks for a moment.
    public var memory: @Sendable () -> MachineRoom.Reading? = MachineMemory.read
    /// For how long that counts.
    var memoryValidity = MachineAdmission.Validity()

    public init() {}
}

/// How much memory environments leave to the rest of the machine.
public struct MemoryAdmission: Sendable, Hashable {
    /// In bytes; nil: 4 % of the machine's, from 64 MiB to 1 GiB.
    public var reserve: Int64?

    public init(reserve: Int64? = nil) { self.reserve = reserve }
}

/// What bounds the stems.
public struct StemLimits: Sendable, Hashable {
    public var count: Int
    public var memory: Int64

    public init(count: Int, memory: Int64) {
        self.count = count
        self.memory = memory
    }
}

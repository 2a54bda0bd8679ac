/// What the processes of a sandbox hold and have used, as the kernel's control groups tell it.
public struct SandboxUsage: Sendable, Hashable {
    /// The most anonymous and shared memory so far, in bytes; nil where the kernel does not tell.
    public var peakMemory: Int64?
    /// Anonymous and shared memory now, in bytes.
    public var memory: Int64?
    public var processor: ProcessorUse?

    public init(peakMemory: Int64?, memory: Int64?, processor: ProcessorUse?) {
        self.peakMemory = peakMemory
        self.memory = memory
        self.processor = processor
    }
}

/// Processor time, and how the sandbox's share limited it.
public struct ProcessorUse: Sendable, Hashable {
    /// Time on a processor; nil where the kernel does not count it.
    public var used: Duration?
    /// Periods of the limit in which there was something to run.
    public var periods: Int64
    /// Those of them in which the share was used up.
    public var throttledPeriods: Int64
    /// How long processes were held back for.
    public var heldBack: Duration

    public init(used: Duration?, periods: Int64, throttledPeriods: Int64, heldBack: Duration) {
        self.used = used
        self.periods = periods
        self.throttledPeriods = throttledPeriods
        self.heldBack = heldBack
    }

    /// Of two sandboxes together.
    public static func + (one: ProcessorUse, other: ProcessorUse) -> ProcessorUse {
        ProcessorUse(
            used: one.used.map { $0 + (other.used ?? .zero) } ?? other.used, periods: one.periods + other.periods,
            throttledPeriods: one.throttledPeriods + other.throttledPeriods, heldBack: one.heldBack + other.heldBack)
    }
}

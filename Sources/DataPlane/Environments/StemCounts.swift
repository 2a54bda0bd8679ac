/// The stems of this machine.
public struct StemCounts: Sendable, Hashable {
    /// Can become a function's at once.
    public var ready = 0
    public var starting = 0
    /// By runtime.
    public var kinds: [String: Int] = [:]
    /// What they hold by runtime, in bytes; 0 where none was measured yet.
    public var memory: [String: Int64] = [:]
    /// Cold starts that began in a stem, and those that found none.
    public var handedOut = 0
    public var missed = 0

    public init() {}

    init(
        ready: Int, starting: Int, kinds: [String: Int], memory: [String: Int64], handedOut: Int, missed: Int
    ) {
        self.ready = ready
        self.starting = starting
        self.kinds = kinds
        self.memory = memory
        self.handedOut = handedOut
        self.missed = missed
    }
}

/// Whether the machine has memory for another environment, by what it has free now, and not by the sum of what functions may use: a
/// pure value.
///
/// What an environment needs shows only while it starts, so those that are starting count with what they are expected to need.
public struct MachineRoom: Sendable {
    /// What the machine says of its memory.
    public struct Reading: Sendable, Hashable {
        /// Bytes that programs can have without swapping.
        public var available: Int64
        public var total: Int64
        /// The part of the last ten seconds, in percent, in which something waited for memory; 0 if that is not known.
        public var stalled: Double

        public init(available: Int64, total: Int64, stalled: Double = 0) {
            self.available = available
            self.total = total
            self.stalled = stalled
        }
    }

    public enum Decision: Sendable, Hashable {
        /// Start it; ``ended(_:)`` when it has started, or failed to.
        case admit
        /// There may be room when those that are starting have started.
        case wait
        /// So many bytes are missing.
        case short(Int64)
    }

    /// What is left to the rest of the machine, in bytes; nil: a part of its memory.
    private let reserve: Int64?
    private var pending: Int64 = 0
    /// What environments need that were starting at the last reading, or were admitted since.
    private var promised: Int64 = 0
    /// How many are starting.
    public private(set) var starting = 0

    /// - Parameter reserve: what is left to the rest of the machine, in bytes; nil: 4 % of it, from 64 MiB to 1 GiB.
    public init(reserve: Int64? = nil) { self.reserve = reserve }

    /// Whether an environment that is expected to need so many bytes may start.
    public mutating func admit(_ need: Int64, _ reading: Reading) -> Decision {
        let free = reading.available - reserved(reading)
        if free >= pending + need {
            pending += need
            promised += need
            starting += 1
            return .admit
        }
        return free >= need && starting > 0 ? .wait : .short(need - free)
    }

    /// An environment that was admitted has started, and what it uses shows, or it does not exist.
    public mutating func ended(_ need: Int64) {
        pending -= need
        starting -= 1
    }

    /// A new reading shows what those use that have started.
    public mutating func wasRead() { promised = pending }

    /// Whether there is so much that a reading need not be the latest: twice what has been promised since, and this.
    public func isAmple(_ need: Int64, _ reading: Reading) -> Bool {
        reading.available - reserved(reading) >= 2 * (promised + need)
    }

    /// Whether so many bytes may go to what is only kept for later: an environment that comes now still finds room.
    public func canSpare(_ bytes: Int64, _ reading: Reading) -> Bool {
        reading.available - reserved(reading) >= pending + Self.mostNeeded + bytes
    }

    private static let mostNeeded: Int64 = 64 << 20

    /// What is left to the rest of the machine, in bytes: more where things wait for memory already.
    public func reserved(_ reading: Reading) -> Int64 {
        let reserve = self.reserve ?? min(max(reading.total / 25, 64 << 20), 1 << 30)
        let factor = 1 + min(3, max(0, reading.stalled) / 10)
        return Int64(Double(reserve) * factor)
    }

    /// What a new environment is expected to need until it has started, in bytes.
    /// - Parameter memory: what the function may use, in MiB.
    /// - Returns: bytes, between 8 and 64 MiB.
    public static func need(memory: Int) -> Int64 { min(Int64(max(memory / 4, 8)) << 20, mostNeeded) }
}

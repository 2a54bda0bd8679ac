public import Execution
import Sandbox

/// What the data plane does and has done since it was started. Durations are in milliseconds, memory is in bytes, unless it says otherwise.
public struct DataPlaneStatus: Sendable, Codable {
    public struct Counts: Sendable, Codable {
        public var invocations = 0
        /// Time-outs too.
        public var errors = 0
        public var timeouts = 0
        public var coldStarts = 0
        /// Refused by a limit; no invocations.
        public var throttles = 0
    }

    public struct Environments: Sendable, Codable {
        public var total = 0
        /// With an event.
        public var busy = 0
        /// Waiting for one.
        public var idle = 0
        /// Waiting for one with their processes stopped.
        public var frozen = 0
        /// What those hold that have no event.
        public var idleMemory: Int64 = 0
    }

    /// Processor time of all processes, their start included, in seconds.
    public struct Processor: Sendable, Codable {
        public var used: Double?
        /// Periods of 20 ms in which there was something to run.
        public var periods: Int64
        /// Those of them in which the function's share was used up.
        public var throttledPeriods: Int64
        /// For how long processes were held back, in seconds.
        public var throttled: Double
    }

    public struct Function: Sendable, Codable {
        public var account: String
        public var region: String
        public var name: String
        public var version: String
        public var counts: Counts
        public var duration: DurationSummary
        public var initialization: DurationSummary
        /// In MiB, as configured.
        public var memorySize: Int
        public var maxMemoryUsed: Int64
        public var processor: Processor?
        public var environments: Environments
        /// Seconds since the last invocation, or attempt at one.
        public var idleSeconds: Double
    }

    public struct Environment: Sendable, Codable {
        public enum State: String, Sendable, Codable { case starting, busy, idle, frozen, ending }

        public var id: String
        public var account: String
        public var region: String
        public var function: String
        public var version: String
        public var state: State
        /// In seconds.
        public var age: Double
        public var counts: Counts
        public var duration: DurationSummary
        public var initialization: Double
        /// In MiB, as configured.
        public var memorySize: Int
        /// Held now.
        public var memory: Int64?
        public var maxMemoryUsed: Int64?
        public var processor: Processor?
        public var idleSeconds: Double
    }

    /// One of the last invocations.
    public struct Invocation: Sendable, Codable {
        public var function: String
        public var version: String
        public var secondsAgo: Double
        public var times: InvocationTimes
    }

    public struct Stems: Sendable, Codable {
        public struct Kind: Sendable, Codable {
            /// Such as `python3.12`.
            public var name: String
            public var count: Int
            /// What all of them hold, in bytes.
            public var memory: Int64
        }

        public var ready: Int
        public var starting: Int
        public var kinds: [Kind]
        public var memory: Int64
        /// Cold starts that began in one, and those that found none.
        public var used: Int
        public var missed: Int
    }

    public var counts = Counts()
    public var environmentCounts = Environments()
    /// How many functions there is something to say of; ``functions`` may be fewer.
    public var functionCount = 0
    /// The last used first.
    public var functions: [Function] = []
    /// The last used first.
    public var environments: [Environment] = []
    /// The latest first; one at most of each environment.
    public var lastInvocations: [Invocation] = []
    /// nil: none are kept.
    public var stems: Stems?
}

extension DataPlaneStatus.Counts {
    init(_ statistics: InvocationStatistics) {
        self.init(
            invocations: statistics.invocations, errors: statistics.errors, timeouts: statistics.timeouts,
            coldStarts: statistics.coldStarts, throttles: statistics.throttles)
    }
}

extension DataPlaneStatus.Processor {
    init(_ use: ProcessorUse) {
        self.init(
            used: use.used.map(Self.seconds), periods: use.periods, throttledPeriods: use.throttledPeriods,
            throttled: Self.seconds(use.heldBack))
    }

    private static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds / 1_000_000_000_000) / 1e6
    }
}

extension DataPlaneStatus.Stems {
    init(_ counts: StemCounts) {
        self.init(
            ready: counts.ready, starting: counts.starting,
            kinds: counts.kinds.sorted { $0.key < $1.key }.map { name, count in
                Kind(name: name, count: count, memory: counts.memory[name] ?? 0)
            }, memory: counts.memory.values.reduce(0, +), used: counts.handedOut, missed: counts.missed)
    }
}

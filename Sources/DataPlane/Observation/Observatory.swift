import Execution
import Sandbox
import Synchronization

/// What environments that have ended leave to know, by function; and what no environment can tell: starts.
///
/// Only cold starts and ends come here. What living environments have seen is asked of them.
final class Observatory: Sendable {
    struct Function: Sendable {
        var statistics = InvocationStatistics()
        var processor: ProcessorUse?
        /// In MiB, when it was last started.
        var memorySize: Int
        var lastUsed: ContinuousClock.Instant
    }

    struct Ended: Sendable {
        var function: FunctionKey
        var times: InvocationTimes
        var finished: ContinuousClock.Instant
    }

    struct Snapshot: Sendable {
        var functions: [FunctionKey: Function] = [:]
        /// Of functions that were forgotten, as others were used later.
        var forgotten = InvocationStatistics()
        /// The last invocations of environments that have ended, the latest at the end.
        var last: [Ended] = []
        /// How many environments it contains.
        var merges = 0
    }

    /// Functions whose past is kept.
    private static let capacity = 4000
    private static let lastCapacity = 32
    private let state = Mutex(Snapshot())

    var snapshot: Snapshot { state.withLock { $0 } }

    /// An invocation needs an environment that has to be started.
    func startsCold(_ function: FunctionVersion) {
        state.withLock { state in Self.change(&state, function) { $0.statistics.startedCold() } }
    }

    /// An invocation has ended in an environment that could not be initialised.
    func failedToStart(_ function: FunctionVersion, _ outcome: InvocationOutcome, milliseconds: Double) {
        state.withLock { state in
            Self.change(&state, function) { $0.statistics.ended(outcome, milliseconds: milliseconds) }
        }
    }

    /// An environment has ended. On its loop.
    func ended(_ environment: ExecutionEnvironment) {
        let observation = environment.observed
        guard observation.mergedAs == nil else { return }
        let last = environment.lastTimes
        let place = state.withLock { state in
            state.merges += 1
            Self.change(&state, environment.function) { function in
                function.statistics.merge(environment.statistics)
                if let peak = environment.exit?.peakMemory { function.statistics.held(peak) }
                if let used = environment.exit?.processor ?? environment.memory.usage?.processor {
                    function.processor = function.processor.map { $0 + used } ?? used
                }
            }
            if let last {
                if state.last.count == Self.lastCapacity { state.last.removeFirst() }
                state.last.append(
                    Ended(function: FunctionKey(environment.function), times: last.times, finished: last.finished))
            }
            return state.merges
        }
        observation.merged(as: place)
    }

    /// Forgets everything.
    func reset() { state.withLock { $0 = Snapshot(merges: $0.merges) } }

    private static func change(
        _ state: inout Snapshot, _ version: FunctionVersion, _ body: (inout Function) -> Void
    ) {
        let key = FunctionKey(version)
        if state.functions[key] == nil && state.functions.count >= capacity { forgetSome(&state) }
        var function =
            state.functions.removeValue(forKey: key) ?? Function(memorySize: version.memory, lastUsed: .now)
        function.memorySize = version.memory
        function.lastUsed = .now
        body(&function)
        state.functions[key] = function
    }

    /// The tenth that was used the longest time ago.
    private static func forgetSome(_ state: inout Snapshot) {
        let oldest = state.functions.sorted { $0.value.lastUsed < $1.value.lastUsed }.prefix(capacity / 10)
        for (key, function) in oldest {
            state.forgotten.merge(function.statistics)
            state.functions[key] = nil
        }
    }
}

import Execution
import Sandbox
import ServiceKit
import ServiceModel
import Synchronization

/// What environments that have ended leave to know, by function; what no environment can tell: starts and refusals; and the metrics.
///
/// What living environments have seen is asked of them: for the metrics when a minute ends, or when somebody asks.
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

    private struct State {
        var past = Snapshot()
        /// What the minutes have not.
        var recent: [InvocationSource: InvocationStatistics] = [:]
        var minutes = MetricRecorder()

        mutating func collect(_ environment: ExecutionEnvironment) {
            for (arn, seen) in environment.observed.collect() {
                recent[InvocationSource(environment.function, invokedARN: arn), default: .init()].merge(seen)
            }
        }
    }

    /// Functions whose past is kept.
    private static let capacity = 4000
    private static let lastCapacity = 32
    private let state = Mutex(State())

    var snapshot: Snapshot { state.withLock { $0.past } }

    /// An environment was started for an invocation, successfully or not. What was refused is no invocation.
    func startedCold(_ function: FunctionVersion) {
        state.withLock { state in Self.change(&state.past, function) { $0.statistics.startedCold() } }
    }

    /// What became of an invocation that no environment was given.
    func note(_ function: FunctionVersion, invokedARN: String, _ body: (inout InvocationStatistics) -> Void) {
        state.withLock { state in
            Self.change(&state.past, function) { body(&$0.statistics) }
            body(&state.recent[InvocationSource(function, invokedARN: invokedARN), default: .init()])
        }
    }

    /// An environment has ended. On its loop.
    func ended(_ environment: ExecutionEnvironment) {
        let observation = environment.observed
        guard observation.mergedAs == nil else { return }
        let last = environment.lastTimes
        let place = state.withLock { state in
            state.collect(environment)
            state.past.merges += 1
            Self.change(&state.past, environment.function) { function in
                function.statistics.merge(environment.statistics)
                if let peak = environment.exit?.peakMemory { function.statistics.held(peak) }
                if let used = environment.exit?.processor ?? environment.memory.usage?.processor {
                    function.processor = function.processor.map { $0 + used } ?? used
                }
            }
            if let last {
                if state.past.last.count == Self.lastCapacity { state.past.last.removeFirst() }
                state.past.last.append(
                    Ended(function: FunctionKey(environment.function), times: last.times, finished: last.finished))
            }
            return state.past.merges
        }
        observation.merged(as: place)
    }

    /// Takes what an environment has seen into the metrics. On its loop.
    func collect(_ environment: ExecutionEnvironment) { state.withLock { $0.collect(environment) } }

    /// What was collected belongs to the minute of `time`.
    func record(_ peaks: ConcurrencyPeaks, at time: Timestamp) {
        state.withLock { state in
            for (source, seen) in state.recent { state.minutes.add(seen, of: source, at: time) }
            state.recent = [:]
            state.minutes.add(peaks, at: time)
        }
    }

    func metrics(since: Timestamp) -> [MetricStatistics] { state.withLock { $0.minutes.metrics(since: since) } }

    /// Forgets everything.
    func reset() { state.withLock { $0 = State(past: Snapshot(merges: $0.past.merges)) } }

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

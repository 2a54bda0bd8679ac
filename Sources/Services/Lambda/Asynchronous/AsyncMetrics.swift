import Execution
import ServiceKit
import ServiceModel
import Synchronization

/// The metrics of asynchronous invocations:
/// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#async-invocation-metrics
final class AsyncMetrics: MetricSource {
    private struct State {
        /// What the minutes have not.
        var recent: [InvocationSource: AsyncStatistics] = [:]
        var minute: Int64 = 0
        var recorder = MetricRecorder()

        /// What was noted so far belongs to the minute in which it was noted.
        mutating func flush() {
            for (source, seen) in recent {
                recorder.add(seen, of: source, at: Timestamp(milliseconds: minute * 60_000))
            }
            recent = [:]
        }
    }

    private let time: any TimeSource
    private let state = Mutex(State())

    init(time: any TimeSource) { self.time = time }

    func note(_ key: FunctionKey, _ qualifier: String?, _ body: (inout AsyncStatistics) -> Void) {
        let minute = time.now.milliseconds / 60_000
        let source = InvocationSource(
            function: FunctionName(key), qualifier: qualifier, version: qualifier ?? latestVersion)
        state.withLock { state in
            if state.minute != minute {
                state.flush()
                state.minute = minute
            }
            body(&state.recent[source, default: AsyncStatistics()])
        }
    }

    func metrics(since: Timestamp) async -> [MetricStatistics] {
        state.withLock { state in
            state.flush()
            return state.recorder.metrics(since: since)
        }
    }

    func reset() { state.withLock { $0 = State() } }
}

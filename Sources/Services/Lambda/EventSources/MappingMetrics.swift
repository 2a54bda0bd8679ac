import Execution
import ServiceKit
import ServiceModel
import Synchronization

/// The metrics of event source mappings that want them:
/// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics
final class MappingMetrics: MetricSource {
    private struct State {
        /// What the minutes have not.
        var recent: [MappingKey: MappingStatistics] = [:]
        var minute: Int64 = 0
        var recorder = MetricRecorder()

        /// What was noted so far belongs to the minute in which it was noted.
        mutating func flush() {
            for (key, seen) in recent {
                recorder.add(
                    seen, ofMapping: key.uuid, account: key.account, region: key.region,
                    at: Timestamp(milliseconds: minute * 60_000))
            }
            recent = [:]
        }
    }

    private let time: any TimeSource
    private let state = Mutex(State())

    init(time: any TimeSource) { self.time = time }

    func note(_ mapping: MappingRecord, _ body: (inout MappingStatistics) -> Void) {
        guard mapping.settings.metrics?.contains("EventCount") == true else { return }
        let minute = time.now.milliseconds / 60_000
        state.withLock { state in
            if state.minute != minute {
                state.flush()
                state.minute = minute
            }
            body(&state.recent[mapping.key, default: MappingStatistics()])
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

/// The metrics of several sources together.
struct JoinedMetrics: MetricSource {
    let sources: [any MetricSource]

    func metrics(since: Timestamp) async -> [MetricStatistics] {
        var all: [MetricStatistics] = []
        for source in sources { all += await source.metrics(since: since) }
        return all
    }
}

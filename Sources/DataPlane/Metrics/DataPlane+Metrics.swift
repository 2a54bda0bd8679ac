import Execution
public import ServiceKit
public import ServiceModel
import Synchronization

extension DataPlane: MetricSource {
    public func metrics(since: Timestamp) -> [MetricStatistics] {
        meter.collect(pool.withLock { $0.takePeaks() })
        return meter.metrics(since: since)
    }

    /// Closes each minute's statistics, until it is cancelled.
    public func recordMinutes() async {
        while !Task.isCancelled {
            let now = services.time.now.milliseconds
            try? await services.time.sleep(until: Timestamp(milliseconds: (now / 60_000 + 1) * 60_000))
            if !Task.isCancelled { meter.collect(pool.withLock { $0.takePeaks() }, endsMinute: true) }
        }
    }

    /// Forgets what was recorded.
    public func resetMetrics() { meter.reset() }
}

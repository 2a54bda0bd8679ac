import Execution
import NIOCore
public import ServiceKit
public import ServiceModel
import Synchronization

extension DataPlane: MetricSource {
    public func metrics(since: Timestamp) async -> [MetricStatistics] {
        await collect(at: services.time.now)
        return observatory.metrics(since: since)
    }

    /// Closes each minute's statistics, until it is cancelled.
    public func recordMinutes() async {
        while !Task.isCancelled {
            let end = Timestamp(milliseconds: (services.time.now.milliseconds / 60_000 + 1) * 60_000)
            try? await services.time.sleep(until: end)
            // What comes together until the end of a minute belongs to it, though that is noticed a moment later.
            if !Task.isCancelled { await collect(at: Timestamp(milliseconds: services.time.now.milliseconds - 1000)) }
        }
    }

    /// Takes in what environments have seen since this was last done.
    private func collect(at time: Timestamp) async {
        for (loop, environments) in Self.byLoop(living) {
            try? await loop.submit { [observatory] in
                for environment in environments { observatory.collect(environment) }
            }.get()
        }
        observatory.record(pool.withLock { $0.takePeaks() }, at: time)
    }
}

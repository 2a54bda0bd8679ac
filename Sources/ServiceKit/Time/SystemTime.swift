import Foundation
public import ServiceModel

/// The machine's clock.
public struct SystemTime: TimeSource {
    public init() {}

    public var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    public func sleep(until time: Timestamp) async throws {
        while true {
            let rest = time.milliseconds - now.milliseconds
            if rest <= 0 { return }
            try await Task.sleep(for: .milliseconds(min(rest, 60_000)))
        }
    }
}

import ServiceKit
import ServiceModel
import Synchronization

/// Numbers that grow: microseconds of real time, or one more than the last. Drawn inside transactions, so that they grow in the order of
/// the commits.
final class SequenceClock: Sendable {
    private let last = Mutex<Int64>(0)

    func next() -> Int64 {
        let now = SystemTime().now.milliseconds * 1000
        return last.withLock { last in
            last = max(last + 1, now)
            return last
        }
    }
}

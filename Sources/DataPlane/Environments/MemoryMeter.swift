import Sandbox
import Synchronization

/// The peak memory of an environment, asked of the kernel no more than needed: a peak only grows, and a warm environment's hardly.
final class MemoryMeter: Sendable {
    private struct State {
        var peak: Int64?
        var measured: ContinuousClock.Instant?
    }

    /// A measurement counts for so long.
    private static let validity: Duration = .milliseconds(250)

    private let sandbox: any Sandbox
    private let state = Mutex(State())

    init(_ sandbox: any Sandbox) { self.sandbox = sandbox }

    /// The last measurement, if it still counts.
    func current(now: ContinuousClock.Instant) -> Int64? {
        state.withLock { state in
            guard let measured = state.measured, measured.duration(to: now) < Self.validity else { return nil }
            return state.peak ?? 0
        }
    }

    func measure() async -> Int64? {
        record(await sandbox.peakMemory())
    }

    /// The environment has ended; what was measured at the end is final.
    func ended(_ peak: Int64?) {
        record(peak)
    }

    @discardableResult
    private func record(_ peak: Int64?) -> Int64? {
        state.withLock { state in
            if let peak { state.peak = max(peak, state.peak ?? 0) }
            state.measured = .now
            return state.peak
        }
    }
}

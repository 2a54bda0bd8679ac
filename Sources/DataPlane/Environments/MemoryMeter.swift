import Sandbox
import Synchronization

/// What an environment holds and has used, asked of the kernel no more than needed: a peak only grows, and a warm environment's hardly.
final class MemoryMeter: Sendable {
    private struct State {
        var usage: SandboxUsage?
        var measured: ContinuousClock.Instant?
    }

    /// A measurement counts for so long.
    private static let validity: Duration = .milliseconds(250)

    private let sandbox: any Sandbox
    private let state = Mutex(State())

    init(_ sandbox: any Sandbox) { self.sandbox = sandbox }

    /// The last measurement, however old; nil: there was none yet.
    var usage: SandboxUsage? { state.withLock { $0.usage } }

    /// The peak of memory at the last measurement, if that still counts.
    func current(now: ContinuousClock.Instant) -> Int64? {
        state.withLock { state in
            guard let measured = state.measured, measured.duration(to: now) < Self.validity else { return nil }
            return state.usage?.peakMemory ?? 0
        }
    }

    /// - Returns: the peak of memory.
    func measure() async -> Int64? {
        record(await sandbox.usage())
    }

    /// The environment has ended; what was measured at the end is final.
    func ended(_ peak: Int64?) {
        record(SandboxUsage(peakMemory: peak, memory: 0, processor: nil))
    }

    @discardableResult
    private func record(_ new: SandboxUsage?) -> Int64? {
        state.withLock { state in
            if let new {
                let before = state.usage
                state.usage = new
                if let peak = before?.peakMemory { state.usage?.peakMemory = max(peak, new.peakMemory ?? 0) }
                state.usage?.processor = new.processor ?? before?.processor
            }
            state.measured = .now
            return state.usage?.peakMemory
        }
    }
}

import Foundation
import Synchronization

/// How busy the machine's processors are, asked of `/proc/stat` a few times a second at most.
final class MachineProcessors: Sendable {
    /// Time that all processors have spent since the machine was started, in the kernel's ticks.
    struct Times: Sendable, Equatable {
        var idle: UInt64
        var all: UInt64

        /// Reads the first line of `/proc/stat`: `cpu  user nice system idle iowait irq softirq steal …`
        init?(stat text: some StringProtocol) {
            let fields = text.prefix { $0 != "\n" }.split(separator: " ")
            guard fields.count >= 6, fields[0] == "cpu" else { return nil }
            // Guests' time, at the end, is in the users' already.
            let times = fields[1...].prefix(8).compactMap { UInt64($0) }
            guard times.count >= 5 else { return nil }
            idle = times[3] + times[4]
            all = times.reduce(0, &+)
        }

        /// The share of the time since `before` in which there was nothing to do; nil if no time has passed.
        func idleShare(since before: Times) -> Double? {
            guard all > before.all, idle >= before.idle else { return nil }
            return Double(idle - before.idle) / Double(all - before.all)
        }
    }

    private struct State {
        var times: Times?
        var asked: ContinuousClock.Instant?
        var idle = 1.0
    }

    /// A tick is ten milliseconds: less would say nothing.
    private static let validity = Duration.milliseconds(250)
    private let state = Mutex(State())

    /// The share that was idle lately, from 0 to 1; 1 where the kernel does not say.
    var idle: Double {
        state.withLock { state in
            let now = ContinuousClock.now
            if let asked = state.asked, now - asked < Self.validity { return state.idle }
            state.asked = now
            guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8), let times = Times(stat: text)
            else { return state.idle }
            if let before = state.times, let share = times.idleShare(since: before) { state.idle = share }
            state.times = times
            return state.idle
        }
    }
}

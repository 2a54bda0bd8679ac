import NIOCore

/// The one thing that happens to an environment when time passes, and the loop's timer for it. Confined to the loop.
///
/// What is due changes twice with every invocation, and nearly never comes: so the timer is left alone while it is early enough, and
/// looks again when it rings.
final class EnvironmentAlarm {
    enum Due {
        /// The invocation's time is over.
        case timeout
        /// The runtime has answered, and does not ask for the next event, which is there.
        case follower
        case freeze
        /// It was idle for too long.
        case end
    }

    private let loop: any EventLoop
    private let ring: (Due) -> Void
    private var due: (what: Due, at: NIODeadline)?
    private var timer: Scheduled<Void>?
    private var timerAt = NIODeadline.distantFuture

    init(loop: any EventLoop, ring: @escaping (Due) -> Void) {
        self.loop = loop
        self.ring = ring
    }

    /// Sets what is due; what was before is not any more.
    func set(_ what: Due, in time: TimeAmount) {
        let at = loop.now + time
        due = (what, at)
        if timer == nil || at < timerAt { schedule(at) }
    }

    func stop() {
        due = nil
        timer?.cancel()
        timer = nil
    }

    /// Nothing is due; the timer may ring for nothing.
    func clear() { due = nil }

    private func schedule(_ at: NIODeadline) {
        timer?.cancel()
        timerAt = at
        timer = loop.assumeIsolated().scheduleTask(deadline: at) { self.rang() }
    }

    private func rang() {
        timer = nil
        guard let due else { return }
        if due.at > loop.now { return schedule(due.at) }
        self.due = nil
        ring(due.what)
    }
}

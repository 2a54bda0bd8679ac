/// How many events of one function run at the same time. A pure value.
///
/// The window is widened as long as that gets more done: twice as many invocations of a function that waits for others take no longer
/// than half as many. Where they take twice as long, they wait for one another, and more of them would only take memory; where the
/// processors have no time to spare, more are not tried at all. A throttle means that there is no room either.
struct InvocationWindow: Sendable {
    /// What runs at the same time from the beginning.
    static let least = 4
    /// Never more: no function has more concurrency here.
    static let most = 1000
    /// Rounds after which a wider window is tried again, and by how much it has to be better.
    private static let patience = 32
    private static let gain = 1.3
    /// The share of the processors that has to be idle for a wider window to be tried.
    private static let spare = 0.2

    private(set) var size: Int
    /// The size that got the most done, and how much that was: invocations per millisecond.
    private var best: (size: Int, rate: Double)
    private var rounds = 0
    private var sum = 0.0
    private var running = 0
    private var count = 0

    init(beginning size: Int = least) {
        self.size = size
        best = (size, 0)
    }

    /// An invocation has ended after some milliseconds; with itself, `running` ran, and a share of the processors was idle.
    mutating func ended(after duration: Double, running: Int, idle: Double) {
        sum += max(duration, 0.001)
        self.running += running
        count += 1
        guard count >= max(size, 8) else { return }
        let beside = Double(self.running) / Double(count)
        let rate = beside * Double(count) / sum
        (sum, self.running, count) = (0, 0, 0)
        // A window that was not full tells nothing of its size.
        guard beside > Double(size) * 0.6 else { return }
        rounds += 1
        if rate <= best.rate * Self.gain {
            if size > best.size { size = best.size }
            // What was best may no longer be.
            guard rounds >= Self.patience else { return }
        }
        best = (size, rate)
        rounds = 0
        if idle >= Self.spare { size = min(size * 2, Self.most) }
    }

    /// Something ran into a limit while `running` others ran.
    mutating func refused(running: Int) {
        size = max(min(size, running), 1)
        best = (size, 0)
        (sum, self.running, count) = (0, 0, 0)
    }
}

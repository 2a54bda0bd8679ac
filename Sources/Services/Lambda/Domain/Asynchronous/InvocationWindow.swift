/// How many events of one function run at the same time. A pure value.
///
/// The window grows while that makes nobody wait: as long as invocations take about as long as they did when few of them ran, there is
/// room for more. When they take longer, they wait for processors, and more of them would only take memory. A throttle means that
/// there is no room either.
struct InvocationWindow: Sendable, Hashable {
    /// Never less: what runs at the same time from the beginning.
    static let least = 4
    /// Never more: no function has more concurrency here.
    static let most = 1000

    private(set) var size: Int = least
    /// How long invocations take when they do not disturb one another, in milliseconds; nil: nobody knows yet.
    private var base: Double?
    private var sum = 0.0
    private var count = 0

    /// An invocation has ended after some milliseconds.
    mutating func ended(after duration: Double) {
        sum += duration
        count += 1
        guard count >= max(size, 8) else { return }
        let mean = sum / Double(count)
        (sum, count) = (0, 0)
        let known = base ?? mean
        // A function may become slower for good: what was measured is forgotten slowly.
        base = mean < known ? mean : known + (mean - known) * 0.05
        // Below a millisecond or two, what is measured is this machine more than the function.
        let usual = max(base ?? mean, 2)
        if mean < usual * 1.5 {
            size = min(size * 2, Self.most)
        } else if mean > usual * 2.5 {
            size = max(size * 3 / 4, Self.least)
        }
    }

    /// Something ran into a limit while `running` others ran.
    mutating func refused(running: Int) {
        size = max(min(size, running), 1)
        (sum, count) = (0, 0)
    }
}

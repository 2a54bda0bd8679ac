import Glibc

/// The time that this thread had a processor. Unlike a clock on the wall it does not count what others did meanwhile.
public enum ProcessorTime {
    public static var now: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// What a closure took.
    public static func spent<E: Error>(_ body: () throws(E) -> Void) throws(E) -> Duration {
        let before = now
        try body()
        return now - before
    }
}

/// How many workers a queue has, and what they do: each receives messages, runs the function with them, and begins anew. A pure value.
///
/// While there is nothing to do, few of them wait for messages, nearly always one. One that gets some has another take its place, so that
/// as many run as there are batches, up to the limit; one that has nothing more to do ends.
struct QueueWorkers: Sendable, Hashable {
    enum Step: Sendable, Hashable {
        /// Receive, and wait for messages if there are none.
        case wait
        /// Receive what is there.
        case look
        case end
    }

    /// The most that may be there, at least one.
    var limit: Int
    /// How many wait while there is nothing to do, at least one.
    var idle: Int
    private(set) var receiving = 0
    private(set) var running = 0
    /// No more messages are taken.
    private(set) var isStopping = false

    init(limit: Int, idle: Int = 1) {
        self.limit = limit
        self.idle = idle
    }

    var total: Int { receiving + running }

    mutating func stop() { isStopping = true }

    /// Whether one more is to begin; it counts as one that receives.
    mutating func start() -> Bool {
        guard !isStopping, receiving < idle, total < max(limit, 1) else { return false }
        receiving += 1
        return true
    }

    /// One that received has got messages, and runs the function.
    mutating func received() {
        receiving -= 1
        running += 1
    }

    /// One that received has got nothing.
    mutating func foundNothing() -> Step {
        guard !isStopping, total <= max(limit, 1), receiving <= idle else {
            receiving -= 1
            return .end
        }
        return .wait
    }

    /// One has run the function. Where it had a full batch there may be more.
    mutating func finished(wasFull: Bool) -> Step {
        running -= 1
        guard !isStopping, total < max(limit, 1), receiving < idle || wasFull else { return .end }
        receiving += 1
        return wasFull ? .look : .wait
    }
}

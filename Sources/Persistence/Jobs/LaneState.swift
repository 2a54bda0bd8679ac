import ServiceModel

/// What this process knows of one lane. A pure value.
struct LaneState: Sendable {
    /// No job of the lane that is not claimed is due earlier, as far as is known; nil: there is none.
    private(set) var next: Timestamp?
    /// Claimed, and not begun; the first is next.
    private(set) var ready: ArraySlice<Job> = []
    private(set) var running = 0
    /// Everything that is claimed: ready, running, or done and still to be recorded.
    private(set) var claimed: Set<Int64> = []
    private var isClaiming = false
    /// What was enqueued while a claim was going on, which may have seen it or not.
    private var enqueuedMeanwhile: Timestamp?

    /// Whether nothing is to be remembered.
    var isOver: Bool { next == nil && claimed.isEmpty && !isClaiming }
    /// Whether no job of the lane is under way, and none is claimed.
    func isSettled(at now: Timestamp) -> Bool {
        claimed.isEmpty && !isClaiming && next.map { $0 > now } ?? true
    }

    mutating func enqueued(due: Timestamp) {
        if isClaiming { enqueuedMeanwhile = min(enqueuedMeanwhile ?? due, due) }
        next = min(next ?? due, due)
    }

    /// Begins a claim if one is worth while: there may be something due, and little is ready for a window.
    /// - Returns: how many jobs to ask for; nil: none.
    mutating func beginClaim(window: Int, isOrdered: Bool, at now: Timestamp) -> Int? {
        guard !isClaiming, let next, next <= now else { return nil }
        if isOrdered {
            guard claimed.isEmpty, window > 0 else { return nil }
            isClaiming = true
            return 1
        }
        let wanted = min(max(2 * window, window + 16), 512) - running
        guard window > running, ready.count <= wanted / 4 else { return nil }
        isClaiming = true
        return max(wanted - ready.count, 1)
    }

    /// Ends a claim with what it found, and when the next of those that were left is due.
    mutating func endClaim(_ jobs: [Job], next: Timestamp?) {
        isClaiming = false
        ready = ArraySlice(Array(ready) + jobs)
        claimed.formUnion(jobs.map(\.id))
        self.next = [next, enqueuedMeanwhile].compactMap { $0 }.min()
        enqueuedMeanwhile = nil
    }

    /// Ends a claim that failed: it is tried again.
    mutating func failClaim() {
        isClaiming = false
        enqueuedMeanwhile = nil
    }

    /// The job to begin now, if the window has room.
    mutating func begin(window: Int) -> Job? {
        guard running < window, let job = ready.popFirst() else { return nil }
        running += 1
        return job
    }

    mutating func ended() { running -= 1 }

    /// What became of a job is recorded; `due` if it is to be tried again.
    mutating func recorded(_ id: Int64, due: Timestamp?) {
        claimed.remove(id)
        if let due { enqueued(due: due) }
    }
}

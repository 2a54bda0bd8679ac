import NIOCore

extension ExecutionEnvironment {
    /// An event for which the runtime has not asked yet.
    struct Follower {
        var event: InvocationEvent
        var budget: TimeAmount
        var done: InvocationDone
        var orElse: @Sendable () -> Void
    }

    /// How long an event waits for a runtime that has answered to ask for it. Runtimes ask at once; one that does not is busy.
    private static let longestFollowing = TimeAmount.milliseconds(20)

    /// Gives the environment an event that it takes as soon as its runtime asks for one. On the loop.
    /// - Parameters:
    ///   - event: what to run.
    ///   - budget: how long it may take.
    ///   - done: is called after this function has returned, unless `orElse` is.
    ///   - orElse: is called if the runtime does not ask soon, or has ended.
    func follow(
        _ event: InvocationEvent, budget: TimeAmount, done: @escaping InvocationDone,
        orElse: @escaping @Sendable () -> Void
    ) {
        if isIdle { return begin(event, reportsInit: false, budget: budget, done: done) }
        guard exit == nil, follower == nil else { return loop.execute(orElse) }
        follower = Follower(event: event, budget: budget, done: done, orElse: orElse)
        patience.set(.follower, in: Self.longestFollowing)
    }

    /// Sends the follower elsewhere.
    func dismissFollower() {
        guard let follower else { return }
        self.follower = nil
        patience.clear()
        follower.orElse()
    }
}

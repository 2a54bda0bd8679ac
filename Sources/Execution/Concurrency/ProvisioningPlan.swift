/// Which environments a qualifier's provisioned concurrency needs started or ended: a pure value; times come from outside.
///
/// When its versions change, the old ones' environments stay until the new ones' are there.
public struct ProvisioningPlan: Sendable {
    public enum Step: Sendable, Hashable {
        /// Start an environment of a version; then ``becameReady(_:)`` or ``startFailed(_:reason:at:)``.
        case start(version: String)
        /// End one that is ready; then ``retired(_:)``.
        case end(version: String)
        /// Nothing for now: look again at this time, or when something has changed.
        case rest(until: Duration?)
    }

    private var wanted: [String: Int] = [:]
    private var ready: [String: Int] = [:]
    private var starting: [String: Int] = [:]
    private var requested = 0
    /// All that was asked for was there once, since it was asked for.
    private var wasComplete = false
    private var failure: String?
    private var restsUntil: Duration?
    private var troubles = 0
    private var lastTrouble: Duration = .zero

    /// After trouble it waits: so long at first, then twice as long each time.
    static let firstRest: Duration = .milliseconds(250)
    static let longestRest: Duration = .seconds(60)

    public init() {}

    /// Sets how many of which version there are to be. What failed before is tried again.
    public mutating func want(_ versions: [String: Int]) {
        let wanted = versions.filter { $0.value > 0 }
        guard wanted != self.wanted else { return }
        self.wanted = wanted
        requested = wanted.values.reduce(0, +)
        wasComplete = false
        failure = nil
        restsUntil = nil
        troubles = 0
        noteCompleteness()
    }

    /// What to do next.
    public func next(at now: Duration) -> Step {
        let total = ready.values.reduce(0, +)
        if total > requested {
            let surplus = ready.keys.filter { ready[$0, default: 0] > wanted[$0, default: 0] }
            if let version = surplus.min() { return .end(version: version) }
        }
        let missing = wanted.keys.filter {
            ready[$0, default: 0] + starting[$0, default: 0] < wanted[$0, default: 0]
        }
        guard let version = missing.min() else { return .rest(until: nil) }
        if let restsUntil, restsUntil > now { return .rest(until: restsUntil) }
        return .start(version: version)
    }

    public mutating func began(_ version: String) { starting[version, default: 0] += 1 }

    public mutating func becameReady(_ version: String) {
        starting[version, default: 1] -= 1
        ready[version, default: 0] += 1
        noteCompleteness()
    }

    /// - Parameters:
    ///   - version: whose environment it was.
    ///   - reason: what clients are told.
    ///   - now: what has passed since some beginning.
    public mutating func startFailed(_ version: String, reason: String, at now: Duration) {
        starting[version, default: 1] -= 1
        // What nobody wants any more has not failed.
        guard ready[version, default: 0] < wanted[version, default: 0] else { return }
        failure = reason
        rest(at: now)
    }

    /// It is not to be used any more.
    public mutating func retired(_ version: String) { drop(version) }

    /// One that was ready ended by itself, or by an invocation.
    public mutating func ended(_ version: String, at now: Duration) {
        drop(version)
        rest(at: now)
    }

    /// Whether nothing is left that would be missed.
    public var isEmpty: Bool {
        wanted.isEmpty && ready.values.allSatisfy { $0 == 0 } && starting.values.allSatisfy { $0 == 0 }
    }

    /// What clients see.
    public var state: ProvisionedState {
        let available = min(requested, ready.values.reduce(0, +))
        let status: ProvisionedState.Status = failure != nil ? .failed : wasComplete ? .ready : .inProgress
        return ProvisionedState(
            requested: requested, allocated: wasComplete ? requested : available, available: available, status: status,
            reason: failure)
    }

    private mutating func noteCompleteness() {
        guard wanted.allSatisfy({ ready[$0.key, default: 0] >= $0.value }) else { return }
        wasComplete = true
        failure = nil
    }

    private mutating func drop(_ version: String) {
        ready[version, default: 1] -= 1
        if ready[version] == 0 { ready[version] = nil }
    }

    private mutating func rest(at now: Duration) {
        if now - lastTrouble > Self.longestRest * 2 { troubles = 0 }
        lastTrouble = now
        restsUntil = now + min(Self.longestRest, Self.firstRest * (1 << min(troubles, 10)))
        troubles += 1
    }
}

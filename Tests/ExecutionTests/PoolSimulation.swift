import Execution
import TestSupport

/// A data plane without sockets and processes: random arrivals, slow and failing starts, crashes, time-outs, changes of the function,
/// on a clock that jumps from one event to the next. It does what the data plane does with the pool's decisions and with
/// ``EnvironmentLifecycle``, and notes what becomes of every request.
struct PoolSimulation: ~Copyable {
    enum Outcome: Hashable { case answered, failed, timedOut, throttled }

    /// A sandbox with its runtime.
    final class Environment: @unchecked Sendable {
        let revision: Int
        var lifecycle = EnvironmentLifecycle()
        var member: PooledEnvironment<Environment>?
        /// The request whose event the runtime has, or had until it asks for the next.
        var current: Int?
        /// The request that waits until the runtime asks.
        var follower: Int?
        /// Grows with each use, so that a timer knows whether it still means anything.
        var use = 0
        var hasEnded = false

        init(revision: Int) { self.revision = revision }
    }

    private enum Event {
        case arrives
        case started(Environment?, request: Int)
        case answers(Environment, use: Int)
        case asks(Environment, use: Int)
        case crashes(Environment, use: Int)
        case timesOut(Environment, use: Int)
        case losesPatience(Environment, request: Int)
        case expires(Environment, use: Int)
        case changes
    }

    private var pool: EnvironmentPool<Environment>
    private var random: SeededGenerator
    private let limit: Int
    private let timeout: Duration = .seconds(3)
    private var now: Duration = .zero
    private var events: [(at: Duration, order: Int, event: Event)] = []
    private var order = 0
    private var revision = 0
    private var requests = 0
    private var remaining: Int
    private var running: Set<Int> = []
    private var environments: [Environment] = []

    /// What became of each request; more than one outcome each would be a double answer.
    private(set) var outcomes: [Int: [Outcome]] = [:]
    /// What should not have happened.
    private(set) var faults: [String] = []
    /// The most requests that ran at a time.
    private(set) var peak = 0
    /// Of how many environments nothing was left at the end.
    private(set) var ended = 0

    init(seed: Int, limit: Int, requests: Int) {
        random = SeededGenerator(seed: UInt64(seed))
        pool = EnvironmentPool(limit: limit)
        self.limit = limit
        remaining = requests
    }

    var isAllOver: Bool { running.isEmpty && environments.allSatisfy(\.hasEnded) }
    var left: Int { pool.counts.total }
    var inUse: Int { pool.running(account: Self.account, region: Self.region) }

    mutating func run() {
        schedule(.arrives, in: .zero)
        schedule(.changes, in: .seconds(2))
        while let index = events.indices.min(by: {
            (events[$0].at, events[$0].order) < (events[$1].at, events[$1].order)
        }) {
            let next = events.remove(at: index)
            now = next.at
            handle(next.event)
            check()
        }
    }

    private mutating func check() {
        peak = max(peak, running.count)
        if running.count > limit { faults.append("\(running.count) run at \(now)") }
        if inUse != running.count { faults.append("the pool counts \(inUse) of \(running.count) at \(now)") }
    }

    // MARK: Events

    private mutating func handle(_ event: Event) {
        switch event {
        case .arrives: arrive()
        case .started(let environment, let request): started(environment, request)
        case .answers(let environment, let use):
            guard environment.use == use, !environment.hasEnded, let request = environment.current else { return }
            guard environment.lifecycle.respond(requestID: String(request)) == nil else {
                return faults.append("an answer was refused")
            }
            if let member = environment.member { pool.answered(member) }
            finish(request, chance(30) ? .failed : .answered)
            if chance(5) { end(environment) } else { schedule(.asks(environment, use: use), in: pause()) }
        case .asks(let environment, let use):
            guard environment.use == use, !environment.hasEnded else { return }
            ask(environment)
        case .crashes(let environment, let use):
            if environment.use == use { end(environment) }
        case .timesOut(let environment, let use):
            guard environment.use == use, case .invoking = environment.lifecycle.state else { return }
            if let request = environment.current { finish(request, .timedOut) }
            environment.current = nil
            end(environment)
        case .losesPatience(let environment, let request):
            guard environment.follower == request else { return }
            environment.follower = nil
            goElsewhere(request, from: environment)
        case .expires(let environment, let use):
            guard environment.use == use, let member = environment.member, pool.takeIdle(member) else { return }
            end(environment)
        case .changes:
            change()
        }
    }

    private mutating func arrive() {
        guard remaining > 0 else { return }
        remaining -= 1
        requests += 1
        let request = requests
        // Bursts and lulls.
        schedule(.arrives, in: chance(60) ? .zero : .milliseconds(Int.random(in: 0..<400, using: &random)))
        switch pool.acquire(function, at: now) {
        case .throttled:
            outcomes[request, default: []].append(.throttled)
        case .start:
            running.insert(request)
            start(for: request)
        case .reuse(let member):
            running.insert(request)
            begin(request, in: member.environment)
        case .follow(let member):
            running.insert(request)
            if member.environment.follower != nil || member.environment.hasEnded {
                faults.append("two follow, or one follows nobody")
            }
            member.environment.follower = request
            schedule(.losesPatience(member.environment, request: request), in: .milliseconds(20))
        }
    }

    private mutating func start(for request: Int) {
        let environment = Environment(revision: revision)
        // It fails, or ends while it is initialised, some of the time.
        let success = !chance(15)
        schedule(
            .started(success ? environment : nil, request: request),
            in: .milliseconds(Int.random(in: 0..<40, using: &random)))
    }

    private mutating func started(_ environment: Environment?, _ request: Int) {
        guard let environment else {
            pool.startFailed(function)
            return finish(request, .failed)
        }
        environments.append(environment)
        if environment.lifecycle.next() != .initialized { faults.append("it was initialised twice") }
        environment.member = pool.started(environment, function: function(revision: environment.revision))
        begin(request, in: environment)
    }

    private mutating func begin(_ request: Int, in environment: Environment) {
        guard !environment.hasEnded, environment.current == nil, environment.lifecycle.begin(requestID: String(request))
        else {
            return faults.append("request \(request) went to an environment that cannot take it")
        }
        environment.use += 1
        environment.current = request
        let (work, use) = (Duration.milliseconds(Int.random(in: 0..<900, using: &random)), environment.use)
        schedule(.timesOut(environment, use: use), in: timeout)
        switch Int.random(in: 0..<100, using: &random) {
        case ..<8: schedule(.crashes(environment, use: use), in: work)
        case ..<14: break  // It hangs.
        default: schedule(.answers(environment, use: use), in: work)
        }
    }

    private mutating func ask(_ environment: Environment) {
        switch environment.lifecycle.next() {
        case .completed(let id):
            if id != environment.current.map(String.init) { faults.append("another request was completed") }
        default: faults.append("a runtime asked when it may not")
        }
        environment.current = nil
        guard let member = environment.member, pool.idle(member) else { return end(environment) }
        guard let follower = environment.follower else {
            environment.use += 1
            return schedule(.expires(environment, use: environment.use), in: .seconds(1))
        }
        environment.follower = nil
        begin(follower, in: environment)
    }

    private mutating func end(_ environment: Environment) {
        guard !environment.hasEnded else { return }
        environment.hasEnded = true
        environment.lifecycle.end()
        ended += 1
        if let request = environment.current, running.contains(request) { finish(request, .failed) }
        environment.current = nil
        if let follower = environment.follower {
            environment.follower = nil
            goElsewhere(follower, from: environment)
        }
        if let member = environment.member { pool.ended(member) }
    }

    private mutating func goElsewhere(_ request: Int, from environment: Environment) {
        if let member = environment.member, pool.unfollow(member, at: now) != nil {
            return finish(request, .throttled)
        }
        start(for: request)
    }

    /// Another revision: environments of the one before serve nobody any more.
    private mutating func change() {
        revision += 1
        let idle = pool.retire(
            account: Self.account, region: Self.region, name: "f", version: nil, exceptRevision: String(revision))
        for environment in idle {
            if environment.current != nil { faults.append("a busy environment was to be ended") }
            end(environment)
        }
        if remaining > 0 { schedule(.changes, in: .milliseconds(Int.random(in: 500..<4000, using: &random))) }
    }

    // MARK: Books

    private mutating func finish(_ request: Int, _ outcome: Outcome) {
        if running.remove(request) == nil { faults.append("request \(request) ended twice") }
        outcomes[request, default: []].append(outcome)
    }

    private mutating func schedule(_ event: Event, in delay: Duration) {
        order += 1
        events.append((now + delay, order, event))
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    /// A runtime asks at once, mostly.
    private mutating func pause() -> Duration {
        chance(80) ? .zero : .milliseconds(Int.random(in: 0..<60, using: &random))
    }

    private static let account = "000000000000"
    private static let region = "us-east-1"
    private var function: FunctionVersion { function(revision: revision) }

    private func function(revision: Int) -> FunctionVersion {
        FunctionVersion(
            account: Self.account, region: Self.region, name: "f", version: "$LATEST", revision: String(revision),
            runtime: "python3.12", architecture: "x86_64", handler: "app.handler",
            role: "arn:aws:iam::000000000000:role/r", memory: 128, timeout: 3, ephemeralStorage: 512, environment: [:],
            codeFolder: "/code", logGroup: "/aws/lambda/f")
    }
}

import Execution
import TestSupport
import Testing

@Suite struct EnvironmentPoolTests {
    private final class Environment: Sendable {}
    private typealias Pool = EnvironmentPool<Environment>

    private func function(_ name: String = "f", revision: String = "1") -> FunctionVersion {
        FunctionVersion(
            account: "000000000000", region: "us-east-1", name: name, version: "$LATEST", revision: revision,
            runtime: "python3.12",
            architecture: "x86_64", handler: "app.handler", role: "arn:aws:iam::000000000000:role/r", memory: 128,
            timeout: 3,
            ephemeralStorage: 512, environment: [:], codeFolder: "/code", logGroup: "/aws/lambda/f")
    }

    private func start(_ pool: inout Pool, _ function: FunctionVersion) -> Pool.Member {
        _ = pool.acquire(function)
        return pool.started(Environment(), function: function)
    }

    @Test func theLastToBecomeIdleIsUsedFirst() {
        var pool = Pool(limit: 10)
        let (a, b) = (start(&pool, function()), start(&pool, function()))
        for member in [a, b] {
            let kept = pool.idle(member)
            #expect(kept)
        }
        guard case .reuse(let first) = pool.acquire(function()) else { return #expect(Bool(false)) }
        #expect(first === b)
    }

    @Test func oneThatIsPreferredIsUsedBefore() {
        var pool = Pool(limit: 10)
        let members = [start(&pool, function()), start(&pool, function()), start(&pool, function())]
        for member in members { _ = pool.idle(member) }
        let decision = pool.acquireWarm(function(), preferring: { $0 === members[0].environment })
        guard case .reuse(let first) = decision else { return #expect(Bool(false)) }
        #expect(first === members[0])
        guard case .reuse(let second) = pool.acquireWarm(function(), preferring: { _ in false }) else {
            return #expect(Bool(false))
        }
        #expect(second === members[2])
    }

    @Test func aChangeRetiresEnvironments() {
        var pool = Pool(limit: 10)
        let (idle, busy) = (start(&pool, function()), start(&pool, function()))
        _ = pool.idle(idle)
        let ending = pool.retire(
            account: "000000000000", region: "us-east-1", name: "f", version: nil, exceptRevision: "2")
        #expect(ending.count == 1 && ending.first === idle.environment)
        guard case .start = pool.acquire(function(revision: "2")) else { return #expect(Bool(false)) }
        let kept = pool.idle(busy)
        #expect(!kept)
    }

    @Test func anEnvironmentOfAnotherRevisionIsNotReused() {
        var pool = Pool(limit: 10)
        let old = start(&pool, function())
        _ = pool.idle(old)
        guard case .start = pool.acquire(function(revision: "2")) else { return #expect(Bool(false)) }
        let none = pool.acquireWarm(function(revision: "2"), preferring: { _ in true })
        #expect(none == nil)
    }

    @Test func theAccountsLimitThrottles() {
        var pool = Pool(limit: 1)
        guard case .start = pool.acquire(function()) else { return #expect(Bool(false)) }
        guard case .throttled = pool.acquire(function("g")) else { return #expect(Bool(false)) }
        pool.startFailed(function())
        guard case .start = pool.acquire(function("g")) else { return #expect(Bool(false)) }
    }

    @Test func whoHasAnsweredIsFollowed() {
        var pool = Pool(limit: 1)
        let member = start(&pool, function())
        pool.answered(member)
        // The limit of one is not in the way: the first invocation is over.
        guard case .follow(let followed) = pool.acquire(function()) else { return #expect(Bool(false)) }
        #expect(followed === member)
        guard case .throttled = pool.acquire(function()) else { return #expect(Bool(false)) }
        // It asks, and has its event: it is not idle.
        let kept = pool.idle(member)
        #expect(kept && pool.counts.idle == 0)
        pool.answered(member)
        let keptAgain = pool.idle(member)
        #expect(keptAgain && pool.counts.idle == 1)
    }

    @Test func whoDoesNotAskIsFollowedNoLonger() {
        var pool = Pool(limit: 2)
        let member = start(&pool, function())
        pool.answered(member)
        guard case .follow = pool.acquire(function()) else { return #expect(Bool(false)) }
        let throttle = pool.unfollow(member)
        #expect(throttle == nil)
        let other = pool.started(Environment(), function: function())
        #expect(pool.running(account: "000000000000", region: "us-east-1") == 1)
        let kept = pool.idle(member)
        #expect(kept && pool.counts.idle == 1)
        pool.ended(other)
        #expect(pool.running(account: "000000000000", region: "us-east-1") == 0)
    }

    /// Random arrivals, ends and crashes: no environment serves two at once, the count in use is exact.
    @Test(arguments: 0..<50) func randomHistoriesKeepTheBooks(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var pool = Pool(limit: 5)
        var (busy, finishing, followed, idle): ([Pool.Member], [Pool.Member], [Pool.Member], [Pool.Member]) = (
            [], [], [], []
        )
        // Slowly enough never to start environments too fast.
        for step in 0..<1000 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1:
                switch pool.acquire(function(), at: .seconds(step)) {
                case .start:
                    #expect(idle.isEmpty && finishing.isEmpty && busy.count + followed.count < 5)
                    if Bool.random(using: &random) {
                        pool.startFailed(function())
                    } else {
                        busy.append(pool.started(Environment(), function: function()))
                    }
                case .reuse(let member):
                    #expect(idle.contains { $0 === member } && !busy.contains { $0 === member })
                    idle.removeAll { $0 === member }
                    busy.append(member)
                case .follow(let member):
                    #expect(idle.isEmpty && finishing.contains { $0 === member })
                    finishing.removeAll { $0 === member }
                    followed.append(member)
                case .throttled:
                    #expect(busy.count + followed.count == 5)
                }
            case 2:
                if let member = busy.popLast() {
                    let kept = pool.idle(member)
                    #expect(kept)
                    idle.append(member)
                }
            case 3:
                if let member = busy.popLast() {
                    pool.answered(member)
                    finishing.append(member)
                }
            case 4:
                if let member = finishing.popLast() {
                    let kept = pool.idle(member)
                    #expect(kept)
                    idle.append(member)
                } else if let member = followed.popLast() {
                    let kept = pool.idle(member)
                    #expect(kept)
                    busy.append(member)
                }
            case 5:
                if let member = busy.popLast() ?? finishing.popLast() { pool.ended(member) }
            case 6:
                if let member = followed.popLast() {
                    _ = pool.unfollow(member, at: .seconds(step))
                    if Bool.random(using: &random) { pool.ended(member) } else { finishing.append(member) }
                    busy.append(pool.started(Environment(), function: function()))
                    // Whoever is not in the list of those to follow becomes idle later.
                    if let last = finishing.last, last === member {
                        let kept = pool.idle(member)
                        #expect(kept)
                        finishing.removeLast()
                        idle.append(member)
                    }
                }
            default:
                if let member = idle.popLast() {
                    let taken = pool.takeIdle(member)
                    #expect(taken)
                    pool.ended(member)
                }
            }
            #expect(pool.running(account: "000000000000", region: "us-east-1") == busy.count + followed.count)
            #expect(pool.counts.total == busy.count + finishing.count + followed.count + idle.count)
            #expect(pool.counts.idle == idle.count)
        }
    }
}

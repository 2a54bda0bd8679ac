import Execution
import Testing

@Suite struct EnvironmentPoolTests {
    private final class Environment: Sendable {}

    private func function(_ name: String = "f", revision: String = "1") -> FunctionVersion {
        FunctionVersion(
            account: "000000000000", region: "us-east-1", name: name, version: "$LATEST", revision: revision,
            runtime: "python3.12",
            architecture: "x86_64", handler: "app.handler", role: "arn:aws:iam::000000000000:role/r", memory: 128,
            timeout: 3,
            ephemeralStorage: 512, environment: [:], codeFolder: "/code", logGroup: "/aws/lambda/f")
    }

    @Test func theLastToBecomeIdleIsUsedFirst() {
        var pool = EnvironmentPool<Environment>(limit: 10)
        let (a, b) = (Environment(), Environment())
        for environment in [a, b] {
            guard case .start = pool.acquire(function()) else { return #expect(Bool(false)) }
            pool.started(environment, function: function())
        }
        let kept1 = pool.idle(a, function: function())
        #expect(kept1)
        let kept2 = pool.idle(b, function: function())
        #expect(kept2)
        guard case .reuse(let first) = pool.acquire(function()) else { return #expect(Bool(false)) }
        #expect(first === b)
    }

    @Test func aChangeRetiresEnvironments() {
        var pool = EnvironmentPool<Environment>(limit: 10)
        let (idle, busy) = (Environment(), Environment())
        for environment in [idle, busy] {
            _ = pool.acquire(function())
            pool.started(environment, function: function())
        }
        _ = pool.idle(idle, function: function())
        let ending = pool.retire(
            account: "000000000000", region: "us-east-1", name: "f", version: nil, exceptRevision: "2")
        #expect(ending.count == 1 && ending.first === idle)
        guard case .start = pool.acquire(function(revision: "2")) else { return #expect(Bool(false)) }
        let kept3 = pool.idle(busy, function: function())
        #expect(!kept3)
    }

    @Test func anEnvironmentOfAnotherRevisionIsNotReused() {
        var pool = EnvironmentPool<Environment>(limit: 10)
        let old = Environment()
        _ = pool.acquire(function())
        pool.started(old, function: function())
        _ = pool.idle(old, function: function())
        guard case .start = pool.acquire(function(revision: "2")) else { return #expect(Bool(false)) }
    }

    @Test func theAccountsLimitThrottles() {
        var pool = EnvironmentPool<Environment>(limit: 1)
        guard case .start = pool.acquire(function()) else { return #expect(Bool(false)) }
        guard case .throttled = pool.acquire(function("g")) else { return #expect(Bool(false)) }
        pool.startFailed(function())
        guard case .start = pool.acquire(function("g")) else { return #expect(Bool(false)) }
    }

    /// Random arrivals, ends and crashes: no environment serves two at once, the count in use is exact.
    @Test(arguments: 0..<50) func randomHistoriesKeepTheBooks(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var pool = EnvironmentPool<Environment>(limit: 5)
        var busy: [Environment] = []
        var idle: [Environment] = []
        for _ in 0..<500 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                switch pool.acquire(function()) {
                case .start:
                    #expect(idle.isEmpty && busy.count < 5)
                    if Bool.random(using: &random) {
                        pool.startFailed(function())
                    } else {
                        let environment = Environment()
                        pool.started(environment, function: function())
                        busy.append(environment)
                    }
                case .reuse(let environment):
                    #expect(idle.contains { $0 === environment } && !busy.contains { $0 === environment })
                    idle.removeAll { $0 === environment }
                    busy.append(environment)
                case .throttled:
                    #expect(busy.count == 5)
                }
            case 2:
                if let environment = busy.popLast() {
                    let kept4 = pool.idle(environment, function: function())
                    #expect(kept4)
                    idle.append(environment)
                }
            case 3:
                if let environment = busy.popLast() { pool.ended(environment, function: function()) }
            default:
                if let environment = idle.popLast() {
                    let kept5 = pool.takeIdle(environment, function: function())
                    #expect(kept5)
                    pool.ended(environment, function: function())
                }
            }
            #expect(pool.running(account: "000000000000", region: "us-east-1") == busy.count)
            #expect(pool.counts.total == busy.count + idle.count)
            #expect(pool.counts.idle == idle.count)
        }
    }
}

import ServiceKit
import Testing

@testable import Execution

/// What the pool allows, as functions' concurrency is configured.
struct ConcurrencyPoolTests {
    final class Environment: Sendable {}
    typealias Pool = EnvironmentPool<Environment>

    static func name(_ function: String) -> FunctionName {
        FunctionName(account: "000000000000", region: "us-east-1", name: function)
    }

    static func function(_ name: String = "f", version: String = "1", provisioning: String? = nil) -> FunctionVersion {
        var function = FunctionVersion(
            account: "000000000000", region: "us-east-1", name: name, version: version, revision: version,
            runtime: "python3.12", architecture: "x86_64", handler: "app.handler",
            role: "arn:aws:iam::000000000000:role/r", memory: 128, timeout: 3, ephemeralStorage: 512, environment: [:],
            codeFolder: "/code", logGroup: "/aws/lambda/f")
        function.provisioning = provisioning
        return function
    }

    private func start(_ pool: inout Pool, _ function: FunctionVersion = function()) -> Pool.Member? {
        guard case .start = pool.acquire(function) else { return nil }
        return pool.started(Environment(), function: function.onDemand)
    }

    private func throttle(_ pool: inout Pool, _ function: FunctionVersion = function()) -> Throttle? {
        guard case .throttled(let throttle) = pool.acquire(function) else { return nil }
        return throttle
    }

    private func reuse(_ pool: inout Pool, _ function: FunctionVersion) throws -> Pool.Member {
        guard case .reuse(let member) = pool.acquire(function) else { throw NotReused() }
        return member
    }

    private struct NotReused: Error {}

    @Test func aReservationLimitsAllVersionsTogether() throws {
        var pool = Pool(limit: 1000)
        pool.reserve(Self.name("f"), executions: 2)
        let members = [start(&pool, Self.function(version: "1")), start(&pool, Self.function(version: "2"))]
        let first = try #require(members[0])
        #expect(throttle(&pool, Self.function(version: "3")) == .reserved)
        pool.answered(first)
        #expect(start(&pool, Self.function(version: "3")) != nil)
    }

    @Test func zeroReservedStopsAFunction() throws {
        var pool = Pool(limit: 1000)
        let started = start(&pool)
        let member = try #require(started)
        pool.reserve(Self.name("f"), executions: 0)
        #expect(throttle(&pool) == .reserved)
        _ = pool.idle(member)
        // Not even the environment that is there is used.
        let warm = pool.acquireWarm(Self.function(), preferring: { _ in true })
        #expect(warm == nil)
        #expect(throttle(&pool) == .reserved)
        pool.reserve(Self.name("f"), executions: nil)
        let again = try reuse(&pool, Self.function())
        #expect(again === member)
    }

    @Test func whatIsReservedIsTakenFromTheOthers() {
        var pool = Pool(limit: 5)
        pool.reserve(Self.name("f"), executions: 3)
        for name in ["g", "h"] { #expect(start(&pool, Self.function(name)) != nil) }
        #expect(throttle(&pool, Self.function("g")) == .account)
        // And is there for whom it is reserved.
        for _ in 0..<3 { #expect(start(&pool) != nil) }
        #expect(throttle(&pool) == .reserved)
    }

    /// What runs when a reservation changes is counted where it belongs then.
    @Test func changesOfReservationsMoveWhatRuns() {
        var pool = Pool(limit: 3)
        let members = [start(&pool), start(&pool)].compactMap(\.self)
        #expect(start(&pool, Self.function("g")) != nil)
        #expect(throttle(&pool, Self.function("g")) == .account)
        pool.reserve(Self.name("f"), executions: 2)
        #expect(throttle(&pool, Self.function("g")) == .account)
        for member in members { pool.ended(member) }
        #expect(throttle(&pool, Self.function("g")) == .account)
        pool.reserve(Self.name("f"), executions: nil)
        for _ in 0..<2 { #expect(start(&pool, Self.function("g")) != nil) }
        #expect(pool.running(account: "000000000000", region: "us-east-1") == 3)
    }

    @Test func environmentsAreNotStartedFasterThanAllowed() {
        var pool = Pool(limit: 100_000)
        for _ in 0..<1000 { #expect(start(&pool) != nil) }
        #expect(throttle(&pool) == .scaling)
        // Another function has a rate of its own.
        #expect(start(&pool, Self.function("g")) != nil)
        guard case .start = pool.acquire(Self.function(), at: .milliseconds(10)) else { return #expect(Bool(false)) }
        #expect(Throttle.scaling.error.fields["retryAfterSeconds"] != nil)
        #expect(Throttle.reserved.error.fields["retryAfterSeconds"] == nil)
    }

    @Test func provisionedEnvironmentsServeFirstAndTheRestSpillsOver() throws {
        var pool = Pool(limit: 10)
        let provisioned = Self.function(provisioning: "live")
        pool.provision(Self.name("f"), executions: ["live": 1])
        _ = pool.provisioned(Environment(), function: provisioned)
        let member = try reuse(&pool, provisioned)
        #expect(start(&pool, provisioned)?.function.provisioned == nil)
        let peaks = pool.takePeaks()
        #expect(peaks.provisioned.first?.invocations == 1 && peaks.provisioned.first?.spillovers == 1)
        #expect(peaks.provisioned.first?.running == 1 && peaks.accounts.first?.unreserved == 1)
        #expect(peaks.accounts.first?.claimed == 2 && peaks.functions.first?.running == 2)
        let kept = pool.idle(member)
        #expect(kept)
        guard case .reuse(let again) = pool.acquireWarm(provisioned, preferring: { _ in true }) else {
            return #expect(Bool(false))
        }
        #expect(again === member)
        // Who is not invoked by that name does not get it.
        guard case .start = pool.acquire(Self.function()) else { return #expect(Bool(false)) }
        let later = pool.takePeaks()
        #expect(later.provisioned.first?.invocations == 1 && later.provisioned.first?.spillovers == 0)
    }

    /// With everything provisioned nothing runs on demand, such as $LATEST.
    @Test func whatIsProvisionedIsTakenFromTheReservation() throws {
        var pool = Pool(limit: 10)
        pool.reserve(Self.name("f"), executions: 2)
        pool.provision(Self.name("f"), executions: ["1": 2])
        #expect(throttle(&pool, Self.function(version: "$LATEST")) == .reserved)
        let provisioned = Self.function(provisioning: "1")
        for _ in 0..<2 { _ = pool.provisioned(Environment(), function: provisioned) }
        for _ in 0..<2 { _ = try reuse(&pool, provisioned) }
        #expect(throttle(&pool, provisioned) == .reserved)
    }

    @Test func provisionedEnvironmentsOfUnreservedFunctionsAreTakenFromTheAccount() {
        var pool = Pool(limit: 3)
        pool.provision(Self.name("f"), executions: ["1": 2])
        #expect(start(&pool, Self.function("g")) != nil)
        #expect(throttle(&pool, Self.function("g")) == .account)
        pool.provision(Self.name("f"), executions: [:])
        #expect(start(&pool, Self.function("g")) != nil)
    }

    @Test func whoFollowedAProvisionedEnvironmentInVainRunsOnDemand() throws {
        var pool = Pool(limit: 3)
        let provisioned = Self.function(provisioning: "1")
        pool.provision(Self.name("f"), executions: ["1": 1])
        _ = pool.provisioned(Environment(), function: provisioned)
        let member = try reuse(&pool, provisioned)
        pool.answered(member)
        guard case .follow = pool.acquire(provisioned) else { return #expect(Bool(false)) }
        let throttle = pool.unfollow(member)
        #expect(throttle == nil)
        pool.startFailed(provisioned.onDemand)
        #expect(pool.running(account: "000000000000", region: "us-east-1") == 0)
        // Where nothing may run on demand, it is refused.
        let kept = pool.idle(member)
        #expect(kept)
        pool.reserve(Self.name("f"), executions: 1)
        pool.answered(try reuse(&pool, provisioned))
        guard case .follow = pool.acquire(provisioned) else { return #expect(Bool(false)) }
        let refused = pool.unfollow(member)
        #expect(refused == .reserved)
        #expect(pool.running(account: "000000000000", region: "us-east-1") == 0)
    }

    @Test func whatIsIdleForLongestEndsFirst() {
        var pool = Pool(limit: 100)
        let order = ["a", "b", "c", "b", "a"].compactMap { start(&pool, Self.function($0)) }
        for member in order { _ = pool.idle(member) }
        pool.provision(Self.name("d"), executions: ["1": 1])
        _ = pool.provisioned(Environment(), function: Self.function("d", provisioning: "1"))
        let ended = pool.takeLeastRecentlyUsed(3, sparing: Self.function("c"))
        #expect(ended.count == 3)
        for (environment, index) in zip(ended, [0, 1, 3]) { #expect(environment === order[index].environment) }
        let rest = pool.takeLeastRecentlyUsed(10, sparing: nil)
        #expect(rest.count == 2)
    }

    @Test func whatIsNotLimitedAndDoesNothingIsForgotten() {
        var pool = Pool(limit: 100_000)
        pool.reserve(Self.name("kept"), executions: 0)
        for index in 0..<1000 {
            if let member = start(&pool, Self.function("f\(index)")) { pool.ended(member) }
        }
        // Each took one environment from its rate, which comes back.
        for index in 0..<1100 {
            guard case .start = pool.acquire(Self.function("g\(index)"), at: .seconds(60)) else {
                return #expect(Bool(false))
            }
            pool.startFailed(Self.function("g\(index)"))
        }
        let known = pool.books.allFunctions.count
        #expect(known < 1500)
        #expect(throttle(&pool, Self.function("kept")) == .reserved)
    }
}

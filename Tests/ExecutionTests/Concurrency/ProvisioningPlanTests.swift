import Execution
import TestSupport
import Testing

struct ProvisioningPlanTests {
    /// Does what the plan says until it rests.
    private func settle(_ plan: inout ProvisioningPlan, at now: Duration = .zero) -> (started: Int, ended: Int) {
        var (started, ended) = (0, 0)
        while true {
            switch plan.next(at: now) {
            case .start(let version):
                started += 1
                plan.began(version)
                plan.becameReady(version)
            case .end(let version):
                ended += 1
                plan.retired(version)
            case .rest: return (started, ended)
            }
        }
    }

    @Test func itIsReadyWhenEverythingIsThere() {
        var plan = ProvisioningPlan()
        plan.want(["1": 2])
        #expect(plan.state == ProvisionedState(requested: 2, allocated: 0, available: 0, status: .inProgress))
        plan.began("1")
        plan.becameReady("1")
        #expect(plan.state == ProvisionedState(requested: 2, allocated: 1, available: 1, status: .inProgress))
        let done = settle(&plan)
        #expect(done == (1, 0))
        #expect(plan.state == ProvisionedState(requested: 2, allocated: 2, available: 2, status: .ready))
    }

    @Test func fewerAreEndedAndNothingIsLeftOfNone() {
        var plan = ProvisioningPlan()
        plan.want(["1": 5])
        _ = settle(&plan)
        plan.want(["1": 2])
        let fewer = settle(&plan)
        #expect(fewer == (0, 3))
        #expect(plan.state == ProvisionedState(requested: 2, allocated: 2, available: 2, status: .ready))
        plan.want([:])
        let none = settle(&plan)
        #expect(none == (0, 2) && plan.isEmpty)
    }

    /// An alias moves to another version: its environments are not missed for a moment.
    @Test func theOldVersionStaysUntilTheNewOneIsThere() {
        var plan = ProvisioningPlan()
        plan.want(["1": 2])
        _ = settle(&plan)
        plan.want(["2": 2])
        #expect(plan.state == ProvisionedState(requested: 2, allocated: 2, available: 2, status: .inProgress))
        #expect(plan.next(at: .zero) == .start(version: "2"))
        plan.began("2")
        plan.becameReady("2")
        #expect(plan.next(at: .zero) == .end(version: "1"))
        plan.retired("1")
        let rest = settle(&plan)
        #expect(rest == (1, 1))
        #expect(plan.state.status == .ready)
    }

    @Test func whatDiesIsReplacedAndStaysReady() {
        var plan = ProvisioningPlan()
        plan.want(["1": 2])
        _ = settle(&plan)
        plan.ended("1", at: .seconds(1))
        #expect(plan.state == ProvisionedState(requested: 2, allocated: 2, available: 1, status: .ready))
        // Not without a pause: it may die at once again.
        #expect(plan.next(at: .seconds(1)) == .rest(until: .milliseconds(1250)))
        let done = settle(&plan, at: .milliseconds(1250))
        #expect(done == (1, 0))
    }

    @Test func failuresAreToldAndTriedAgainMoreAndMoreSlowly() {
        var plan = ProvisioningPlan()
        plan.want(["1": 1])
        var now: Duration = .zero
        var pauses: [Duration] = []
        for _ in 0..<12 {
            #expect(plan.next(at: now) == .start(version: "1"))
            plan.began("1")
            plan.startFailed("1", reason: "FUNCTION_ERROR_INIT_FAILURE", at: now)
            #expect(plan.state.status == .failed && plan.state.reason == "FUNCTION_ERROR_INIT_FAILURE")
            guard case .rest(let until?) = plan.next(at: now) else { return #expect(Bool(false)) }
            pauses.append(until - now)
            now = until
        }
        #expect(pauses.prefix(3) == [.milliseconds(250), .milliseconds(500), .seconds(1)])
        #expect(pauses.last == .seconds(60))
        plan.began("1")
        plan.becameReady("1")
        #expect(plan.state == ProvisionedState(requested: 1, allocated: 1, available: 1, status: .ready))
    }

    @Test(arguments: [(10, 0.1, 9, 1), (1, 0.5, 0, 1), (3, 0.0, 3, 0), (5, 1.0, 0, 5)])
    func aWeightedAliasHasEnvironmentsOfBothVersions(count: Int, weight: Double, first: Int, second: Int) {
        let shares = ProvisionedConfiguration.shares(count, secondWeight: weight)
        #expect(shares.first == first && shares.second == second)
    }

    /// Random changes, failures and deaths: in the end everything is as it was asked for.
    @Test(arguments: 0..<50) func itAlwaysEndsWhereItShould(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var plan = ProvisioningPlan()
        var (starting, ready): ([String], [String]) = ([], [])
        var now: Duration = .zero
        for _ in 0..<400 {
            now += .milliseconds(Int64.random(in: 0..<500, using: &random))
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                plan.want([
                    "1": Int.random(in: 0..<4, using: &random), "2": Int.random(in: 0..<4, using: &random),
                ])
            case 1: if let version = starting.popLast() { plan.startFailed(version, reason: "r", at: now) }
            case 2: if let version = ready.popLast() { plan.ended(version, at: now) }
            case 3:
                if let version = starting.popLast() {
                    plan.becameReady(version)
                    ready.append(version)
                }
            default:
                switch plan.next(at: now) {
                case .start(let version):
                    plan.began(version)
                    starting.append(version)
                case .end(let version):
                    guard let index = ready.firstIndex(of: version) else { return #expect(Bool(false)) }
                    plan.retired(version)
                    ready.remove(at: index)
                case .rest: break
                }
            }
        }
        for version in starting { plan.becameReady(version) }
        plan.want(["1": 3])
        _ = settle(&plan, at: now + .seconds(120))
        #expect(plan.state == ProvisionedState(requested: 3, allocated: 3, available: 3, status: .ready))
        plan.want([:])
        _ = settle(&plan, at: now + .seconds(240))
        #expect(plan.isEmpty)
    }
}

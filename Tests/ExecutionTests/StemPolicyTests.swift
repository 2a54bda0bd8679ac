import Execution
import Testing

@Suite struct StemPolicyTests {
    private func policy(count: Int = 100, memory: Int64 = 100 << 30) -> StemPolicy<String> {
        StemPolicy(StemPolicy.Bounds(count: count, memory: memory))
    }

    @Test func nothingBeforeTheFirstUse() {
        var policy = policy()
        #expect(policy.targets(at: .seconds(1)).isEmpty)
        #expect(policy.nextChange(after: .seconds(1)) == nil)
    }

    @Test func twoForWhatIsUsedAndAsManyAsTheBusiestSecond() {
        var policy = policy()
        policy.demanded("python", at: .seconds(10))
        #expect(policy.targets(at: .seconds(10)) == ["python": 2])
        for index in 0..<20 { policy.demanded("python", at: .seconds(20) + .milliseconds(index)) }
        for index in 0..<7 { policy.demanded("python", at: .seconds(30) + .milliseconds(index)) }
        #expect(policy.targets(at: .seconds(31)) == ["python": 20])
        // The busiest second is forgotten after a minute, then the next one, and in the end the kind.
        #expect(policy.targets(at: .seconds(85)) == ["python": 7])
        #expect(policy.targets(at: .seconds(100)) == ["python": 2])
        #expect(policy.targets(at: .seconds(629)) == ["python": 2])
        #expect(policy.targets(at: .seconds(631)).isEmpty)
    }

    @Test func theBoundsHoldAndWhatWasUsedLastComesFirst() {
        var policy = policy(count: 5)
        for index in 0..<50 { policy.demanded("old", at: .seconds(1) + .milliseconds(index)) }
        for index in 0..<50 { policy.demanded("new", at: .seconds(2) + .milliseconds(index)) }
        #expect(policy.targets(at: .seconds(3)) == ["new": 3, "old": 2])
        policy.demanded("third", at: .seconds(4))
        #expect(policy.targets(at: .seconds(5)) == ["third": 2, "new": 2, "old": 1])
    }

    @Test func memoryIsWhatWasMeasured() {
        var policy = policy(memory: 100 << 20)
        for index in 0..<50 { policy.demanded("node", at: .seconds(1) + .milliseconds(index)) }
        #expect(policy.targets(at: .seconds(2)) == ["node": 3])
        policy.measured("node", cost: 50 << 20)
        #expect(policy.targets(at: .seconds(2)) == ["node": 2])
        policy.measured("node", cost: 10 << 20)
        #expect(policy.targets(at: .seconds(2)) == ["node": 10])
        policy.measured("node", cost: 200 << 20)
        #expect(policy.targets(at: .seconds(2)) == [:])
    }

    @Test func theNextChangeIsWhenSomethingIsForgotten() throws {
        var policy = policy()
        policy.demanded("a", at: .seconds(5))
        let first = try #require(policy.nextChange(after: .seconds(5)))
        #expect(first == .seconds(66))
        #expect(policy.nextChange(after: first) == .seconds(605))
    }

    /// What a kind cost is forgotten with the kind: it may cost something else when it comes back.
    @Test func aKindThatIsForgottenIsMeasuredAnew() {
        var policy = policy()
        policy.demanded("node", at: .seconds(0))
        policy.measured("node", cost: 50 << 20)
        #expect(policy.targets(at: .seconds(600)).isEmpty)
        policy.demanded("node", at: .seconds(601))
        #expect(policy.cost(of: "node") == nil)
    }

    /// Whatever happens, the sum stays within the bounds and nothing is kept for what was never asked for.
    @Test func randomDemandsNeverExceedTheBounds() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let count = Int.random(in: 0...20, using: &random)
            let memory = Int64.random(in: 0...(1 << 30), using: &random)
            var policy = policy(count: count, memory: memory)
            var now = Duration.zero
            for _ in 0..<50 {
                now += .milliseconds(Int.random(in: 0...30_000, using: &random))
                let kind = "k\(Int.random(in: 0..<5, using: &random))"
                policy.demanded(kind, at: now)
                if Bool.random(using: &random) {
                    policy.measured(kind, cost: Int64.random(in: 1...(100 << 20), using: &random))
                }
                let targets = policy.targets(at: now)
                #expect(targets.values.reduce(0, +) <= count)
                let held = targets.reduce(Int64(0)) { $0 + Int64($1.value) * (policy.cost(of: $1.key) ?? 1) }
                #expect(held <= memory)
            }
        }
    }
}

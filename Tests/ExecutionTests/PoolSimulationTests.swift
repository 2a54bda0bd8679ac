import Testing

@Suite struct PoolSimulationTests {
    /// No answer is lost or given twice, and no limit is exceeded, whatever happens in whichever order.
    @Test(arguments: 0..<150) func everyRequestHasOneOutcome(seed: Int) {
        let limit = [1, 2, 5, 20, 1000][seed % 5]
        var simulation = PoolSimulation(seed: seed, limit: limit, requests: 300)
        simulation.run()
        #expect(simulation.faults == [])
        #expect(simulation.outcomes.count == 300)
        #expect(simulation.outcomes.values.allSatisfy { $0.count == 1 })
        #expect(simulation.peak <= limit)
        // Nothing stays: neither requests nor environments, nor what they were counted as.
        #expect(simulation.isAllOver && simulation.left == 0 && simulation.inUse == 0)
    }

    /// The histories are such that everything comes to pass.
    @Test func historiesAreVaried() {
        var seen: [PoolSimulation.Outcome: Int] = [:]
        var ended = 0
        for seed in 0..<20 {
            var simulation = PoolSimulation(seed: seed, limit: 5, requests: 300)
            simulation.run()
            for outcome in simulation.outcomes.values.flatMap({ $0 }) { seen[outcome, default: 0] += 1 }
            ended += simulation.ended
        }
        for outcome in [PoolSimulation.Outcome.answered, .failed, .timedOut, .throttled] {
            #expect(seen[outcome, default: 0] > 50, "\(outcome)")
        }
        #expect(ended > 100)
    }
}

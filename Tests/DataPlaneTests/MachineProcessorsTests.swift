import Testing

@testable import DataPlane

@Suite struct MachineProcessorsTests {
    @Test func idleTimeIsWhatNobodyUsed() throws {
        let before = try #require(
            MachineProcessors.Times(stat: "cpu  100 0 100 700 100 0 0 0 50 0\ncpu0 1 1 1 1 1 1 1 1"))
        let after = try #require(MachineProcessors.Times(stat: "cpu  150 0 125 775 150 0 0 0 90 0\n"))
        #expect(before.all == 1000)
        #expect(after.idleShare(since: before) == 125.0 / 200)
        #expect(before.idleShare(since: before) == nil)
        #expect(before.idleShare(since: after) == nil)
    }

    @Test(arguments: ["", "cpu", "cpu0 1 2 3 4 5 6 7 8", "cpu a b c d e f g", "intr 1 2 3 4 5 6 7"])
    func nonsenseSaysNothing(text: String) { #expect(MachineProcessors.Times(stat: text) == nil) }

    @Test func theMachineSaysSomething() { #expect((0...1).contains(MachineProcessors().idle)) }
}

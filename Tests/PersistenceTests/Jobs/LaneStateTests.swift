import ServiceModel
import Testing

@testable import Persistence

@Suite struct LaneStateTests {
    private let now = Timestamp(milliseconds: 1_000_000)
    private let lane = JobLane(kind: "kind", name: "lane")

    private func jobs(_ ids: ClosedRange<Int64>) -> [Job] {
        ids.map { Job(id: $0, lane: lane, due: now, attempts: 0, payload: []) }
    }

    @Test func nothingIsClaimedBeforeItIsDue() {
        var state = LaneState()
        #expect(state.isOver)
        state.enqueued(due: now.advanced(by: .seconds(1)))
        #expect(state.beginClaim(window: 4, isOrdered: false, at: now) == nil)
        #expect(state.isSettled(at: now))
        #expect(!state.isSettled(at: now.advanced(by: .seconds(1))))
        #expect(state.beginClaim(window: 4, isOrdered: false, at: now.advanced(by: .seconds(1))) == 20)
        #expect(!state.isSettled(at: now), "a claim is under way")
    }

    @Test func aWindowBoundsWhatRuns() {
        var state = LaneState()
        state.enqueued(due: now)
        #expect(state.beginClaim(window: 2, isOrdered: false, at: now) != nil)
        #expect(state.beginClaim(window: 2, isOrdered: false, at: now) == nil, "one claim at a time")
        state.endClaim(jobs(1...3), next: nil)
        #expect(state.begin(window: 2)?.id == 1)
        #expect(state.begin(window: 2)?.id == 2)
        #expect(state.begin(window: 2) == nil)
        state.ended()
        #expect(state.begin(window: 2)?.id == 3)
        #expect(state.claimed == [1, 2, 3])
        for id in 1...3 { state.recorded(Int64(id), due: nil) }
        state.ended()
        state.ended()
        #expect(state.isOver)
    }

    @Test func whatIsEnqueuedDuringAClaimIsNotForgotten() {
        var state = LaneState()
        state.enqueued(due: now)
        #expect(state.beginClaim(window: 1, isOrdered: false, at: now) != nil)
        state.enqueued(due: now)
        state.endClaim(jobs(1...1), next: nil)
        #expect(state.next == now)
    }

    @Test func whatIsToBeTriedAgainIsDueAgain() {
        var state = LaneState()
        state.enqueued(due: now)
        _ = state.beginClaim(window: 1, isOrdered: false, at: now)
        state.endClaim(jobs(1...1), next: nil)
        _ = state.begin(window: 1)
        state.ended()
        state.recorded(1, due: now.advanced(by: .seconds(60)))
        #expect(state.next == now.advanced(by: .seconds(60)))
        #expect(!state.isOver)
    }

    @Test func anOrderedLaneHasOneJobAtATime() {
        var state = LaneState()
        state.enqueued(due: now)
        #expect(state.beginClaim(window: 8, isOrdered: true, at: now) == 1)
        state.endClaim(jobs(1...1), next: now)
        #expect(state.beginClaim(window: 8, isOrdered: true, at: now) == nil)
        _ = state.begin(window: 8)
        state.ended()
        #expect(state.beginClaim(window: 8, isOrdered: true, at: now) == nil, "its end is not recorded yet")
        state.recorded(1, due: nil)
        #expect(state.beginClaim(window: 8, isOrdered: true, at: now) == 1)
    }

    @Test func theAgendaGivesLanesInTheOrderOfTheirTimes() {
        var agenda = Agenda()
        let lanes = (0..<4).map { JobLane(kind: "kind", name: "\($0)") }
        agenda.set(lanes[0], now.advanced(by: .seconds(3)))
        agenda.set(lanes[1], now.advanced(by: .seconds(1)))
        agenda.set(lanes[2], now.advanced(by: .seconds(2)))
        agenda.set(lanes[3], now)
        agenda.set(lanes[0], now)
        agenda.set(lanes[3], nil)
        #expect(agenda.first == now)
        #expect(agenda.takeDue(at: now) == [lanes[0]])
        #expect(agenda.first == now.advanced(by: .seconds(1)))
        #expect(agenda.takeDue(at: now.advanced(by: .seconds(5))) == [lanes[1], lanes[2]])
        #expect(agenda.first == nil)
    }
}

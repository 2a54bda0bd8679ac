import ServiceModel
import TestSupport
import Testing

@Suite struct VirtualTimeTests {
    @Test func sleepersWakeWhenTheirTimeHasCome() async throws {
        let time = VirtualTime(now: Timestamp(milliseconds: 0))
        try await withThrowingTaskGroup(of: Int64.self) { group in
            for due: Int64 in [300, 100, 200] {
                group.addTask {
                    try await time.sleep(until: Timestamp(milliseconds: due))
                    #expect(time.now.milliseconds >= due)
                    return due
                }
            }
            await time.untilSleeping(3)
            time.advance(by: .milliseconds(250))
            let woken = [try await group.next(), try await group.next()]
            #expect(Set(woken) == [100, 200])
            #expect(time.now.milliseconds == 250)
            time.advance(by: .seconds(1))
            #expect(try await group.next() == 300)
        }
    }

    @Test func aCancelledSleeperThrows() async throws {
        let time = VirtualTime()
        let task = Task { try await time.sleep(until: time.now.advanced(by: .seconds(1))) }
        await time.untilSleeping()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await time.sleep(until: time.now)
    }
}

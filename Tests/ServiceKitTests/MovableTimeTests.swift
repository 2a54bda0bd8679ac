import ServiceKit
import ServiceModel
import TestSupport
import Testing

@Suite struct MovableTimeTests {
    @Test(arguments: [Duration.seconds(86_400), .milliseconds(-5), .zero, .seconds(3_000_000_000)])
    func aMovedClockIsAheadByAsMuch(offset: Duration) {
        let real = VirtualTime()
        let time = MovableTime(real)
        time.move(offset: offset)
        #expect(time.now == real.now.advanced(by: offset))
        #expect(time.realNow == real.now)
        #expect(time.offset == offset)
        real.advance(by: .seconds(1))
        #expect(time.now == real.now.advanced(by: offset))
    }

    @Test func sleepersWakeWhenTheClockIsMovedBeyondTheirTime() async throws {
        let time = MovableTime()
        let waking = time.now.advanced(by: .seconds(86_400))
        async let sleeper: Void = time.sleep(until: waking)
        time.move(offset: .seconds(86_401))
        try await sleeper
    }

    @Test func aCancelledSleeperThrows() async {
        let time = MovableTime()
        let sleeper = Task { try await time.sleep(until: time.now.advanced(by: .seconds(86_400))) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }
}

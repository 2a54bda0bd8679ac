import Execution
import TestSupport
import Testing

struct MachineRoomTests {
    private static let mebibyte: Int64 = 1 << 20

    private func reading(_ available: Int64, stalled: Double = 0) -> MachineRoom.Reading {
        MachineRoom.Reading(
            available: available * Self.mebibyte, total: 16_000 * Self.mebibyte, stalled: stalled)
    }

    @Test func whatIsStartingCountsUntilItShows() {
        var room = MachineRoom(reserve: 100 * Self.mebibyte)
        let need = 40 * Self.mebibyte
        for _ in 0..<2 {
            let decision = room.admit(need, reading(200))
            #expect(decision == .admit)
        }
        let third = room.admit(need, reading(200))
        #expect(third == .wait)
        room.ended(need)
        let again = room.admit(need, reading(200))
        #expect(again == .admit)
    }

    @Test func whatIsMissingIsTold() {
        var room = MachineRoom(reserve: 100 * Self.mebibyte)
        let decision = room.admit(40 * Self.mebibyte, reading(120))
        #expect(decision == .short(20 * Self.mebibyte))
        #expect(room.starting == 0)
        // Others that are starting change nothing: there is not enough even without them.
        _ = room.admit(40 * Self.mebibyte, reading(1000))
        let second = room.admit(40 * Self.mebibyte, reading(120))
        #expect(second == .short(20 * Self.mebibyte))
    }

    @Test func whereThingsWaitForMemoryMoreIsLeftAlone() {
        var room = MachineRoom(reserve: 100 * Self.mebibyte)
        let calm = room.admit(Self.mebibyte, reading(150))
        #expect(calm == .admit)
        let stalled = room.admit(Self.mebibyte, reading(150, stalled: 10))
        #expect(stalled == .short(51 * Self.mebibyte))
    }

    @Test func aPartOfTheMachineIsReservedUnlessSomebodySaysHowMuch() {
        var room = MachineRoom()
        let short = room.admit(0, reading(639))
        #expect(short == .short(Self.mebibyte))
        let enough = room.admit(0, reading(640))
        #expect(enough == .admit)
    }

    @Test(arguments: [(128, 32), (1769, 64), (10_240, 64), (16, 8)])
    func whatAnEnvironmentNeedsIsBounded(memory: Int, need: Int) {
        #expect(MachineRoom.need(memory: memory) == Int64(need) * Self.mebibyte)
    }

    /// Whatever comes: what was admitted and has not started never exceeds what there was.
    @Test(arguments: 0..<20) func nothingIsPromisedTwice(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var room = MachineRoom(reserve: 0)
        var pending: [Int64] = []
        for _ in 0..<500 {
            let available = Int64.random(in: 0..<1000, using: &random)
            let need = Int64.random(in: 1..<100, using: &random) * Self.mebibyte
            let total = pending.reduce(0, +)
            switch room.admit(need, reading(available)) {
            case .admit:
                #expect(total + need <= available * Self.mebibyte)
                pending.append(need)
            case .wait: #expect(!pending.isEmpty && total + need > available * Self.mebibyte)
            case .short(let missing): #expect(missing == need - available * Self.mebibyte || pending.isEmpty)
            }
            if Bool.random(using: &random), let ended = pending.popLast() { room.ended(ended) }
            #expect(room.starting == pending.count)
        }
    }

    @Test func aReadingOfLongAgoCountsWhileThereIsTwiceOfWhatWasPromised() {
        var room = MachineRoom(reserve: 100 * Self.mebibyte)
        let need = 40 * Self.mebibyte
        #expect(room.isAmple(need, reading(180)) && !room.isAmple(need, reading(179)))
        _ = room.admit(need, reading(260))
        #expect(room.isAmple(need, reading(260)) && !room.isAmple(need, reading(259)))
        // It has started, but the reading does not show it.
        room.ended(need)
        #expect(!room.isAmple(need, reading(259)))
        room.wasRead()
        #expect(room.isAmple(need, reading(180)))
    }

    /// Memory comes and goes, environments too, and stems take what they may: an environment that comes finds room whenever there
    /// would be without stems, after all have been ended at the most.
    @Test(arguments: 0..<20) func stemsTakeNoEnvironmentsRoom(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var room = MachineRoom(reserve: 50 * Self.mebibyte)
        let stem = 20 * Self.mebibyte
        var (stems, others, refills) = (Int64(0), Int64(0), 0)
        func left() -> MachineRoom.Reading { reading(1000 - others - stems * 20) }
        for _ in 0..<2000 {
            switch Int.random(in: 0..<3, using: &random) {
            case 0: others = Int64.random(in: 0..<950, using: &random)
            case 1:
                guard room.canSpare(stem, left()) else { continue }
                stems += 1
                refills += 1
                // Beside it there is room for whichever function.
                let next = room.admit(MachineRoom.need(memory: 10_240), left())
                #expect(next == .admit)
                room.ended(MachineRoom.need(memory: 10_240))
            default:
                let need = MachineRoom.need(memory: Int.random(in: 128...2000, using: &random))
                let would = others * Self.mebibyte + need <= 950 * Self.mebibyte
                if case .short = room.admit(need, left()) {
                    stems = 0
                    let again = room.admit(need, left())
                    #expect((again == .admit) == would)
                    guard again == .admit else { continue }
                }
                room.ended(need)
            }
        }
        #expect(refills > 0)
    }
}

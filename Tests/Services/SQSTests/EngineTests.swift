import Testing

@testable import SQS

/// The pure engine of one queue.
struct EngineTests {
    private let rules = QueueRules(retention: 1_000_000)

    private func engine(_ count: Int, isFIFO: Bool = false, groups: [String] = ["g"]) -> QueueEngine {
        var engine = QueueEngine(isFIFO: isFIFO, seed: 7)
        for number in 0..<count { store(&engine, Int64(number + 1), group: groups[number % groups.count]) }
        return engine
    }

    private func store(_ engine: inout QueueEngine, _ sequence: Int64, group: String, due: Int64? = nil) {
        engine.stored(
            .init(entry: QueueEntry(sequence: sequence, sent: 0), visibleAt: due, group: group), isReading: false)
    }

    @Test func aMessageComesBackWhenItsVisibilityEnds() {
        var engine = engine(1)
        #expect(engine.take(1, visibility: 100, now: 0, rules: rules).entries.map(\.sequence) == [1])
        #expect(engine.take(1, visibility: 100, now: 99, rules: rules).entries.isEmpty)
        #expect(engine.nextAlarm == 100)
        let again = engine.take(1, visibility: 100, now: 100, rules: rules).entries
        #expect(again.map(\.receives) == [2])
        #expect(again.map(\.sequence) == [1])
    }

    @Test func anOldReceiptDeletesNothing() throws {
        var engine = engine(1)
        let first = try #require(engine.take(1, visibility: 10, now: 0, rules: rules).entries.first)
        let second = try #require(engine.take(1, visibility: 10, now: 10, rules: rules).entries.first)
        #expect(engine.beginDelete(1, token: first.token, now: 11) == .outdated)
        #expect(engine.beginDelete(1, token: second.token, now: 11) == .delete)
        #expect(engine.beginDelete(1, token: second.token, now: 11) == .gone)
        engine.deleted(1, wasThere: true)
        #expect(engine.counts(now: 100, rules: rules) == QueueCounts(visible: 0, inFlight: 0, delayed: 0))
    }

    @Test func aReceiptStillDeletesAfterItsVisibility() throws {
        var engine = engine(2)
        let taken = engine.take(2, visibility: 10, now: 0, rules: rules).entries
        #expect(engine.beginDelete(1, token: taken[0].token, now: 50) == .delete)
        #expect(engine.take(10, visibility: 10, now: 50, rules: rules).entries.map(\.sequence) == [2])
        engine.notDeleted(1, now: 50)
        #expect(engine.take(10, visibility: 10, now: 50, rules: rules).entries.map(\.sequence) == [1])
    }

    @Test func returnedAndFreshMessagesTakeTurns() {
        var engine = engine(20)
        _ = engine.take(5, visibility: 10, now: 0, rules: rules)
        let next = engine.take(10, visibility: 10, now: 10, rules: rules).entries.map(\.sequence)
        #expect(next.filter { $0 <= 5 }.count == 5)
        #expect(next.filter { $0 > 5 } == [6, 7, 8, 9, 10])
    }

    @Test(arguments: [1, QueueEngine.heldSize + 1]) func aQuietGroupPassesABusyOne(size: Int) {
        var engine = QueueEngine(isFIFO: false, seed: 1)
        func content(_ group: String) -> MessageContent {
            MessageContent(id: .make(), body: "b", group: group, extra: MessageExtra(sender: "s"), size: size)
        }
        for number in 1...20 {
            let group = number == 15 ? "quiet" : "busy"
            let entry = QueueEntry(sequence: Int64(number), sent: 0, content: content(group))
            engine.stored(.init(entry: entry, visibleAt: nil, group: group), isReading: false)
        }
        let taken = engine.take(4, visibility: 10, now: 0, rules: rules).entries.map(\.sequence)
        #expect(taken.contains(15))
    }

    /// A group of many messages costs no more for each than one of few.
    @Test(.timeLimit(.minutes(1))) func aLongGroupIsStoredInPlace() {
        var engine = engine(50_000, isFIFO: true)
        let rules = QueueRules(isFIFO: true, retention: 1_000_000)
        #expect(engine.take(2, visibility: 100, now: 0, rules: rules).entries.map(\.sequence) == [1, 2])
    }

    @Test func groupsAreInOrderAndBlocked() {
        var engine = engine(6, isFIFO: true, groups: ["a", "b"])
        let rules = QueueRules(isFIFO: true, retention: 1_000_000)
        // As many of one group as there are, then those of the next.
        #expect(engine.take(4, visibility: 100, now: 0, rules: rules).entries.map(\.sequence) == [1, 3, 5, 2])
        #expect(engine.take(4, visibility: 100, now: 1, rules: rules).entries.isEmpty)
        engine.deleted(2, wasThere: true)
        #expect(engine.take(1, visibility: 100, now: 2, rules: rules).entries.map(\.sequence) == [4])
    }

    @Test(arguments: [([0], [1]), ([1], []), ([0, 1], [1, 2]), ([0, 2], [1])])
    func aGroupGoesOnFromItsFirst(visible: [Int], expected: [Int64]) {
        var engine = engine(3, isFIFO: true)
        let rules = QueueRules(isFIFO: true, retention: 1_000_000)
        let taken = engine.take(3, visibility: 100, now: 0, rules: rules).entries
        for index in visible {
            #expect(
                engine.changeVisibility(taken[index].sequence, token: taken[index].token, to: 0, now: 1) == .done)
        }
        #expect(engine.take(10, visibility: 100, now: 2, rules: rules).entries.map(\.sequence) == expected)
    }

    @Test func aDelayOfAFIFOQueueHoldsItsGroup() {
        var engine = engine(2, isFIFO: true)
        let rules = QueueRules(isFIFO: true, retention: 1_000_000, delay: 50)
        #expect(engine.take(1, visibility: 10, now: 49, rules: rules).entries.isEmpty)
        #expect(engine.counts(now: 49, rules: rules) == QueueCounts(visible: 0, inFlight: 0, delayed: 2))
        #expect(engine.nextAlarm == 50)
        #expect(engine.take(1, visibility: 10, now: 50, rules: rules).entries.map(\.sequence) == [1])
    }

    @Test func delayedMessagesWaitInOrderOfTheirTimes() {
        var engine = QueueEngine(isFIFO: false, seed: 1)
        store(&engine, 1, group: "", due: 30)
        store(&engine, 2, group: "", due: 20)
        store(&engine, 3, group: "")
        #expect(engine.counts(now: 0, rules: rules) == QueueCounts(visible: 1, inFlight: 0, delayed: 2))
        #expect(engine.take(10, visibility: 100, now: 20, rules: rules).entries.map(\.sequence) == [3, 2])
        #expect(engine.take(10, visibility: 100, now: 30, rules: rules).entries.map(\.sequence) == [1])
    }

    @Test func theWindowIsBounded() {
        var engine = engine(QueueEngine.window + 500)
        #expect(engine.standard.freshCount == QueueEngine.window)
        #expect(engine.cursor == Int64(QueueEngine.window))
        #expect(!engine.wantsPage)
        _ = engine.take(10, visibility: 1, now: 0, rules: rules)
        var taken = 10
        while !engine.wantsPage {
            taken += engine.take(10, visibility: 1_000, now: 0, rules: rules).entries.count
        }
        #expect(engine.standard.freshCount < QueueEngine.lowWater)
        let page = (0..<500).map { offset in
            QueueEngine.Stored(
                entry: QueueEntry(sequence: Int64(QueueEngine.window + offset + 1), sent: 0), visibleAt: nil, group: nil
            )
        }
        engine.pageRead(page, isLast: true, end: engine.tail, generation: engine.generation)
        #expect(!engine.wantsPage)
        #expect(engine.standard.freshCount == QueueEngine.window + 500 - taken)
    }

    @Test func aPageThatHoldsDeletedMessagesIsWorthless() {
        var engine = QueueEngine(isFIFO: false, seed: 1)
        engine.tail = 3
        engine.total = 3
        let generation = engine.generation
        engine.deleted(2, wasThere: true)
        let page = (1...3).map {
            QueueEngine.Stored(entry: QueueEntry(sequence: $0, sent: 0), visibleAt: nil, group: nil)
        }
        engine.pageRead(page, isLast: true, end: 3, generation: generation)
        #expect(engine.needsPage(for: 1))
        engine.pageRead([page[0], page[2]], isLast: true, end: 3, generation: engine.generation)
        #expect(engine.take(10, visibility: 10, now: 0, rules: rules).entries.map(\.sequence) == [1, 3])
    }

    @Test func messagesThatWereReceivedTooOftenAreGivenUp() {
        var engine = engine(1)
        let rules = QueueRules(retention: 1_000_000, maxReceives: 2)
        for round in 0..<2 {
            #expect(engine.take(1, visibility: 10, now: Int64(round * 10), rules: rules).entries.count == 1)
        }
        let taken = engine.take(1, visibility: 10, now: 20, rules: rules)
        #expect(taken.entries.isEmpty)
        #expect(taken.exhausted.map(\.receives) == [2])
    }

    @Test func oldMessagesAreNotReceived() {
        var engine = engine(3)
        let taken = engine.take(3, visibility: 10, now: 1_000_000, rules: rules)
        #expect(taken.entries.isEmpty)
        #expect(taken.expired == [1, 2, 3])
    }

    @Test func visibilityEndsAfterTwelveHours() throws {
        var engine = engine(1)
        let rules = QueueRules(retention: 10_000_000_000)
        let entry = try #require(engine.take(1, visibility: 30_000, now: 0, rules: rules).entries.first)
        #expect(engine.changeVisibility(1, token: entry.token, to: 43_200_000, now: 1) == .tooLong)
        #expect(engine.changeVisibility(1, token: entry.token, to: 43_200_000, now: 0) == .done)
        #expect(engine.take(1, visibility: 1, now: 43_199_999, rules: rules).entries.isEmpty)
        #expect(engine.take(1, visibility: 1, now: 43_200_000, rules: rules).entries.count == 1)
        #expect(engine.changeVisibility(1, token: entry.token, to: 1, now: 43_200_000) == .gone)
    }

    @Test func deadlinesOfDeletedMessagesAreForgotten() {
        var engine = QueueEngine(isFIFO: false, seed: 1)
        for number in 1...20_000 {
            store(&engine, Int64(number), group: "")
            for entry in engine.take(1, visibility: 1_000_000, now: 0, rules: rules).entries {
                _ = engine.beginDelete(entry.sequence, token: entry.token, now: 0)
                engine.deleted(entry.sequence, wasThere: true)
            }
        }
        #expect(engine.deadlineCount < 3000)
        #expect(engine.unrecorded.isEmpty)
        #expect(engine.held == 0)
    }
}

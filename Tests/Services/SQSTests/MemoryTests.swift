import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import SQS

/// What queues hold in memory.
struct MemoryTests {
    private static func entry(_ sequence: Int64, size: Int) -> QueueEntry {
        var entry = QueueEntry(sequence: sequence, sent: 0)
        entry.content = MessageContent(id: .make(), body: "b", extra: MessageExtra(sender: "s"), size: size)
        return entry
    }

    @Test func allQueuesShareOneBudget() {
        let together = HeldBytes(limit: 1000)
        let rules = QueueRules(retention: 1_000_000)
        var engines = (0..<3).map { _ in QueueEngine(isFIFO: false, seed: 1, heldTogether: together) }
        for index in engines.indices {
            for sequence in 1...4 {
                engines[index].stored(.init(entry: Self.entry(Int64(sequence), size: 200)), isReading: false)
            }
        }
        #expect(engines.map(\.held) == [800, 200, 0])
        #expect(together.count == 1000)
        _ = engines[0].take(10, visibility: 1000, now: 0, rules: rules)
        #expect(together.count == 200)
        engines[1].empty(through: 4)
        #expect(together.count == 0)
    }

    @Test(arguments: [true, false]) func whatIsDroppedIsHeldNoLonger(isFIFO: Bool) {
        let together = HeldBytes(limit: 1000)
        var engine = QueueEngine(isFIFO: isFIFO, seed: 1, heldTogether: together)
        for sequence in 1...4 {
            engine.stored(.init(entry: Self.entry(Int64(sequence), size: 10), group: "g"), isReading: false)
        }
        engine.dropped([.init(sequence: 2, group: "g"), .init(sequence: 9, group: "g")])
        #expect(together.count == 30)
        #expect(engine.held == 30)
    }

    @Test(.timeLimit(.minutes(1))) func queuesThatNobodyUsesAreLetGo() async throws {
        try await QueueFixture.with(.sqlite) { fixture in
            let messages = try #require(fixture.service.messages as? LocalMessages)
            let urls = [try await fixture.create("a"), try await fixture.create("b"), try await fixture.create("c")]
            for url in urls { try await fixture.send(url, "m", delay: url == urls[2] ? 10 : nil) }
            // One has a message in flight.
            let taken = try await fixture.receive(urls[0], visibility: 1000)
            #expect(messages.openQueues == 3)
            // Whoever wrote to one has it in hand for a moment longer.
            while messages.openQueues > 1 {
                messages.evict()
                await Task.yield()
            }
            #expect(messages.held.count == 0)
            for message in taken { try await fixture.delete(urls[0], message) }
            #expect(try await fixture.counts(urls[0]) == [0, 0, 0])
            // They go on where they were.
            try await fixture.send(urls[1], "n")
            #expect(try await fixture.counts(urls[2]) == [0, 0, 1])
            var bodies: Set<String> = []
            while bodies.count < 2 { bodies.formUnion(try await fixture.bodies(urls[1])) }
            #expect(bodies == ["m", "n"])
            fixture.advance(10)
            #expect(try await fixture.bodies(urls[2]) == ["m"])
        }
    }
}

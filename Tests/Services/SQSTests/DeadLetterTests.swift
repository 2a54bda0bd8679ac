import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import SQS

/// Messages that were received too often, and where they go.
struct DeadLetterTests {
    private static func arn(_ name: String) -> String { "arn:aws:sqs:us-east-1:000000000000:\(name)" }

    /// A queue whose messages are given up after they were received once.
    private static func queues(_ fixture: QueueFixture, suffix: String = "", retention: Int = 345_600) async throws
        -> (dead: String, queue: String)
    {
        let common = suffix.isEmpty ? [:] : ["FifoQueue": "true"]
        let dead = try await fixture.create(
            "dead" + suffix, common.merging(["MessageRetentionPeriod": String(retention)]) { $1 })
        let policy = #"{"deadLetterTargetArn":"\#(arn("dead" + suffix))","maxReceiveCount":1}"#
        let queue = try await fixture.create("queue" + suffix, common.merging(["RedrivePolicy": policy]) { $1 })
        return (dead, queue)
    }

    private static func giveUp(_ fixture: QueueFixture, _ queue: String, _ dead: String, count: Int) async throws {
        let before = try await fixture.counts(dead)[0]
        while try await fixture.counts(dead)[0] < before + count {
            _ = try await fixture.receive(queue, visibility: 0)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: TestDatabase.engines)
    func aMessageStaysIfItsDeadLetterQueueIsGone(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let (dead, queue) = try await Self.queues(fixture)
            // Its engine is in memory.
            try await fixture.send(dead, "there")
            _ = try await fixture.receive(dead)
            try await fixture.send(queue, "m")
            _ = try await fixture.receive(queue, visibility: 0)
            let catalogue = fixture.service.catalogue
            let call = fixture.call("ReceiveMessage")
            let source = try await fixture.service.queue(queue, call)
            let target = try await fixture.service.queue(dead, call)
            // As a receiver that looked before sees it.
            #expect(try await catalogue.store.delete(target.id, now: fixture.time.now.milliseconds))
            let request = ReceiveRequest(maximum: 1, visibility: 0, wait: .zero, deadLetterQueue: target)
            var received = try await fixture.service.messages.receive(request, from: source)
            while received.isEmpty {
                received = try await fixture.service.messages.receive(
                    ReceiveRequest(maximum: 1, visibility: 0, wait: .zero), from: source)
            }
            #expect(received.map(\.content.body) == ["m"])
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: TestDatabase.engines)
    func aDeadLetterOfAFIFOQueueIsDeduplicatedByItsID(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let (dead, queue) = try await Self.queues(fixture, suffix: ".fifo")
            let sent = try await fixture.send(queue, "m", group: "g", deduplication: "mine")
            try await Self.giveUp(fixture, queue, dead, count: 1)
            let found = try await fixture.receive(dead)
            #expect(found.map(\.messageId) == [sent.messageId])
            #expect(found.first?.attributes?["MessageDeduplicationId"] == sent.messageId)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: TestDatabase.engines)
    func deadLettersGrowOldWhereverTheyAre(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let (dead, queue) = try await Self.queues(fixture, retention: 100)
            try await fixture.send(queue, "first sent")
            fixture.advance(50)
            try await fixture.send(dead, "sent to it")
            try await Self.giveUp(fixture, queue, dead, count: 1)
            #expect(try await fixture.counts(dead) == [2, 0, 0])
            // The older of them is behind the younger.
            fixture.advance(50)
            #expect(try await fixture.counts(dead) == [1, 0, 0])
            #expect(try await fixture.bodies(dead, visibility: 0) == ["sent to it"])
            fixture.advance(50)
            #expect(try await fixture.counts(dead) == [0, 0, 0])
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: TestDatabase.engines)
    func whatIsMovedBackIsANewMessage(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let (dead, queue) = try await Self.queues(fixture)
            let sent = try await fixture.send(queue, "m")
            try await Self.giveUp(fixture, queue, dead, count: 1)
            fixture.advance(10)
            let now = fixture.time.now.milliseconds
            let call = fixture.call("ReceiveMessage")
            let source = try await fixture.service.queue(dead, call)
            let target = try await fixture.service.queue(queue, call)
            let moved = try await fixture.service.messages.move(10, through: .max, from: source, to: { _ in target })
            #expect(moved.moved == 1)
            let found = try #require(try await fixture.receive(queue).first)
            #expect(found.messageId != sent.messageId)
            #expect(found.attributes?["SentTimestamp"] == String(now))
            #expect(found.attributes?["ApproximateReceiveCount"] == "1")
            #expect(found.attributes?["DeadLetterQueueSourceArn"] == nil)
        }
    }
}

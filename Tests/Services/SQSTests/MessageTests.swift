import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import SQS

/// Messages, with both engines of the database.
struct MessageTests {
    @Test(arguments: TestDatabase.engines)
    func aMessageIsReceivedAndDeleted(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let url = try await fixture.create("queue")
            let sent = try await fixture.send(url, "hello")
            #expect(sent.md5OfMessageBody == "5d41402abc4b2a76b9719d911017c592")
            let message = try #require(try await fixture.receive(url).first)
            #expect(message.messageId == sent.messageId)
            #expect(message.attributes?["ApproximateReceiveCount"] == "1")
            #expect(try await fixture.counts(url) == [0, 1, 0])
            try await fixture.delete(url, message)
            // Once more is no error.
            try await fixture.delete(url, message)
            #expect(try await fixture.counts(url) == [0, 0, 0])
            fixture.advance(100)
            #expect(try await fixture.receive(url).isEmpty)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func whatWasSentIsThereAfterARestart(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let url = try await fixture.create("queue")
            for number in 0..<25 { try await fixture.send(url, "m\(number)", delay: number == 24 ? 60 : nil) }
            for message in try await fixture.receive(url, 5) { try await fixture.delete(url, message) }
            let next = fixture.restarted()
            #expect(try await next.counts(url) == [19, 0, 1])
            var bodies: Set<String> = []
            for _ in 0..<3 { bodies.formUnion(try await next.bodies(url, visibility: 1000)) }
            #expect(bodies.count == 19)
            next.advance(60)
            #expect(try await next.bodies(url) == ["m24"])
        }
    }

    @Test func aLongQueueIsReceivedInPages() async throws {
        try await QueueFixture.with(.sqlite) { fixture in
            let url = try await fixture.create("queue")
            let count = 3 * QueueEngine.window
            for start in stride(from: 0, to: count, by: 10) {
                _ = try await fixture.service.sendMessageBatch(
                    SendMessageBatchRequest(
                        queueUrl: url,
                        entries: (start..<start + 10).map {
                            SendMessageBatchRequestEntry(id: "e\($0)", messageBody: "m\($0)")
                        }), fixture.call("SendMessageBatch"))
            }
            for reopened in [fixture, fixture.restarted()] {
                var bodies: Set<String> = []
                while case let found = try await reopened.bodies(url), !found.isEmpty { bodies.formUnion(found) }
                #expect(bodies.count == count)
                fixture.advance(60)
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aReceiverWaitsForAMessage(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let url = try await fixture.create("queue")
            async let received = fixture.receive(url, wait: 20)
            await Task.yield()
            try await fixture.send(url, "late")
            #expect(try await received.map(\.body) == ["late"])
        }
    }

    @Test func aReceiverWaitsForAVisibilityToEnd() async throws {
        try await QueueFixture.with(.sqlite) { fixture in
            let url = try await fixture.create("queue")
            try await fixture.send(url, "again")
            _ = try await fixture.receive(url, visibility: 30)
            async let received = fixture.receive(url, wait: 20)
            await fixture.time.untilSleeping()
            fixture.advance(30)
            #expect(try await received.map(\.body) == ["again"])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aReceiverThatIsCancelledTakesNothing(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let url = try await fixture.create("queue")
            let waiting = Task { try await fixture.receive(url, wait: 20) }
            await Task.yield()
            waiting.cancel()
            _ = await waiting.result
            try await fixture.send(url, "left")
            #expect(try await fixture.bodies(url) == ["left"])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func duplicatesOfFiveMinutesAreSentOnce(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let url = try await fixture.create(
                "queue.fifo", ["FifoQueue": "true", "ContentBasedDeduplication": "true"])
            let first = try await fixture.send(url, "same", group: "a")
            let second = try await fixture.restarted().send(url, "same", group: "b")
            #expect(first == second)
            fixture.advance(299)
            #expect(try await fixture.send(url, "same", group: "a").messageId == first.messageId)
            for message in try await fixture.receive(url) { try await fixture.delete(url, message) }
            #expect(try await fixture.send(url, "same", group: "a").messageId == first.messageId)
            fixture.advance(1)
            #expect(try await fixture.send(url, "same", group: "a").messageId != first.messageId)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func deadLettersKeepTheirNumbers(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let dead = try await fixture.create("dead")
            let url = try await fixture.create(
                "queue",
                [
                    "RedrivePolicy":
                        #"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":2}"#
                ])
            let sent = try await fixture.send(url, "poison")
            for _ in 0..<2 { #expect(try await fixture.receive(url, visibility: 0).count == 1) }
            #expect(try await fixture.receive(url).isEmpty)
            var found: [Message] = []
            while found.isEmpty { found = try await fixture.receive(dead) }
            #expect(found.map(\.messageId) == [sent.messageId])
            #expect(found.first?.attributes?["DeadLetterQueueSourceArn"] == "arn:aws:sqs:us-east-1:000000000000:queue")
            #expect(found.first?.attributes?["ApproximateReceiveCount"] == "3")
            #expect(try await fixture.counts(url) == [0, 0, 0])
            let sources = try await fixture.service.listDeadLetterSourceQueues(
                ListDeadLetterSourceQueuesRequest(queueUrl: dead), fixture.call("ListDeadLetterSourceQueues"))
            #expect(sources.queueUrls == [url])
        }
    }

    @Test func receiptsAreCountedAcrossARestart() async throws {
        try await QueueFixture.with(.sqlite) { fixture in
            let url = try await fixture.create("queue")
            try await fixture.send(url, "m")
            _ = try await fixture.receive(url)
            let recorded = { () async throws -> Bool in
                try await fixture.database.read {
                    try $0.first("SELECT 1 FROM sqs_message WHERE receives = 1") != nil
                }
            }
            while try await !recorded() { await Task.yield() }
            let next = fixture.restarted()
            #expect(try await next.receive(url).first?.attributes?["ApproximateReceiveCount"] == "2")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func oldMessagesAreDeleted(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let url = try await fixture.create("queue", ["MessageRetentionPeriod": "60"])
            for number in 0..<12 { try await fixture.send(url, "old\(number)") }
            fixture.advance(30)
            try await fixture.send(url, "young")
            fixture.advance(30)
            #expect(try await fixture.bodies(url, visibility: 0) == ["young"])
            #expect(try await fixture.counts(url) == [1, 0, 0])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aPurgedQueueIsEmpty(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let url = try await fixture.create("queue")
            for number in 0..<12 { try await fixture.send(url, "m\(number)", delay: number == 0 ? 10 : nil) }
            let taken = try await fixture.receive(url, 3)
            try await fixture.service.purgeQueue(PurgeQueueRequest(queueUrl: url), fixture.call("PurgeQueue"))
            #expect(try await fixture.counts(url) == [0, 0, 0])
            try await fixture.send(url, "new")
            for message in taken { try await fixture.delete(url, message) }
            fixture.advance(59)
            #expect(try await fixture.restarted().bodies(url, visibility: 0) == ["new"])
            await #expect(throws: AWSError.self) {
                try await fixture.service.purgeQueue(PurgeQueueRequest(queueUrl: url), fixture.call("PurgeQueue"))
            }
            fixture.advance(1)
            try await fixture.service.purgeQueue(PurgeQueueRequest(queueUrl: url), fixture.call("PurgeQueue"))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func anAttemptIsRepeated(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let url = try await fixture.create("queue.fifo", ["FifoQueue": "true"])
            for number in 0..<4 { try await fixture.send(url, "m\(number)", group: "g", deduplication: "\(number)") }
            let first = try await fixture.receive(url, 2, attempt: "a")
            let again = try await fixture.receive(url, 2, attempt: "a")
            #expect(first.map(\.receiptHandle) == again.map(\.receiptHandle))
            #expect(first.map(\.body) == ["m0", "m1"])
            try await fixture.delete(url, again[0])
            #expect(try await fixture.receive(url, 2, attempt: "a").isEmpty)
        }
    }
}

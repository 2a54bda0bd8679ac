import Persistence
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport
import Testing

@testable import SNS

/// Messages from their acceptance to their end, by a clock that the tests move.
@Suite struct DeliveryTests {
    private static let queue = SNSFixture.queue("q")
    private static let grave = SNSFixture.queue("dlq")
    private static let redrive = #"{"deadLetterTargetArn":"\#(grave)"}"#
    private static let unavailable = AWSError("ServiceUnavailable", status: 503, message: "not now")
    private static let gone = AWSError("AWS.SimpleQueueService.NonExistentQueue", status: 400, message: "gone")

    private func rows(_ fixture: SNSFixture, _ table: String) async throws -> Int64 {
        try await fixture.database.read { try $0.first("SELECT COUNT(*) FROM \(table)")?.integer(0) ?? -1 }
    }

    @Test(arguments: TestDatabase.engines)
    func aMessageGoesToAQueueAsTheTopic(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            let topic = try await fixture.topic()
            try await fixture.subscribe(topic, Self.queue)
            try await fixture.publish(topic, "hello")
            await fixture.jobs.settled()
            let delivered = try #require(fixture.targets.delivered.first)
            #expect(
                delivered.principal
                    == .service(name: "sns.amazonaws.com", sourceARN: topic, account: SNSFixture.account))
            let node = try #require(JSONValue(parsing: delivered.text))
            #expect(node["Message"]?.text == "hello")
            #expect(node["Signature"]?.text != nil)
            #expect(node["SigningCertURL"]?.text?.hasPrefix("http://localhost:4566/SimpleNotificationService-") == true)
            #expect(try await rows(fixture, "jobs") == 0)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func rawMessagesHaveTheirAttributes(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            let topic = try await fixture.topic()
            try await fixture.subscribe(topic, Self.queue, ["RawMessageDelivery": "true"])
            _ = try await fixture.service.publish(
                PublishInput(
                    message: "hello", topicArn: topic,
                    messageAttributes: [
                        "n": MessageAttributeValue(dataType: "Number", stringValue: "1"),
                        "b": MessageAttributeValue(dataType: "Binary", binaryValue: [0]),
                    ]), fixture.call("Publish"))
            await fixture.jobs.settled()
            let delivery = try #require(fixture.targets.delivered.first?.delivery)
            #expect(String(decoding: delivery.body, as: UTF8.self) == "hello")
            #expect(
                delivery.attributes == [
                    .init(name: "b", type: "Binary", value: "", bytes: [0]),
                    .init(name: "n", type: "Number", value: "1"),
                ])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func whatIsNotThereForAWhileIsTriedAgain(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            let topic = try await fixture.topic()
            try await fixture.subscribe(topic, Self.queue, ["RawMessageDelivery": "true"])
            // At once three times, then after a second.
            fixture.targets.answer(
                Self.queue, Self.unavailable, Self.unavailable, Self.unavailable, Self.unavailable, nil)
            try await fixture.publish(topic, "hello")
            await fixture.jobs.settled()
            #expect(fixture.targets.texts(Self.queue) == [])
            fixture.time.advance(by: .seconds(1))
            fixture.jobs.timeMoved()
            await fixture.jobs.settled()
            #expect(fixture.targets.texts(Self.queue) == ["hello"])
            #expect(try await rows(fixture, "jobs") == 0)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func whatIsGoneGoesToTheDeadLetterQueueAtOnce(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            let topic = try await fixture.topic()
            try await fixture.subscribe(
                topic, Self.queue, ["RawMessageDelivery": "true", "RedrivePolicy": Self.redrive])
            fixture.targets.answer(Self.queue, Self.gone)
            fixture.targets.answer(Self.grave, Self.unavailable, nil)
            try await fixture.publish(topic, "hello")
            await fixture.jobs.settled()
            #expect(fixture.targets.texts(Self.queue) == [])
            #expect(fixture.targets.texts(Self.grave) == ["hello"])
            #expect(try await rows(fixture, "jobs") == 0)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aWebServersPolicyIsExhausted(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            let topic = try await fixture.topic()
            let subscription = try await fixture.subscribe(
                topic, "http", "http://there/", ["RedrivePolicy": Self.redrive])
            try await fixture.confirm(subscription)
            await fixture.jobs.settled()
            let before = fixture.web.requests.count
            fixture.web.answer(500, 0, 429)
            try await fixture.publish(topic, "hello")
            for attempts in 1...4 {
                await fixture.jobs.settled()
                #expect(fixture.web.requests.count == before + attempts)
                fixture.time.advance(by: .seconds(20))
                fixture.jobs.timeMoved()
            }
            await fixture.jobs.settled()
            #expect(fixture.web.requests.count == before + 4)
            #expect(fixture.targets.texts(Self.grave).count == 1)
            let request = try #require(fixture.web.requests.last)
            #expect(request.timeout == .seconds(15))
            #expect(request.headers.contains { $0.name == "x-amz-sns-subscription-arn" && $0.value == subscription })
        }
    }

    /// One row for the message, however many wait for it; it goes with the last of them.
    @Test(arguments: TestDatabase.engines)
    func severalDeliveriesShareTheirMessage(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            let topic = try await fixture.topic()
            let queues = (0..<5).map { SNSFixture.queue("q\($0)") }
            for queue in queues {
                try await fixture.subscribe(topic, queue, ["RawMessageDelivery": "true"])
                fixture.targets.answer(
                    queue, Self.unavailable, Self.unavailable, Self.unavailable, Self.unavailable, Self.unavailable, nil
                )
            }
            try await fixture.publish(topic, "hello")
            await fixture.jobs.settled()
            #expect(try await rows(fixture, "sns_message") == 1)
            #expect(try await rows(fixture, "jobs") == 5)
            for _ in 0..<3 {
                fixture.time.advance(by: .seconds(1))
                fixture.jobs.timeMoved()
                await fixture.jobs.settled()
            }
            #expect(Set(fixture.targets.delivered.map(\.target)) == Set(queues))
            #expect(fixture.targets.delivered.count == 5)
            #expect(try await rows(fixture, "sns_message") == 0)
            #expect(try await rows(fixture, "jobs") == 0)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func groupsKeepTheirOrderWhileAQueueIsAway(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            let topic = try await fixture.topic("t.fifo")
            let (slow, fast) = (SNSFixture.queue("slow.fifo"), SNSFixture.queue("fast.fifo"))
            for queue in [slow, fast] { try await fixture.subscribe(topic, queue, ["RawMessageDelivery": "true"]) }
            fixture.targets.answer(
                slow, Self.unavailable, Self.unavailable, Self.unavailable, Self.unavailable, Self.unavailable, nil)
            for number in 0..<10 {
                try await fixture.publish(
                    topic, "\(number % 2)-\(number)", group: "g\(number % 2)", deduplicationID: "\(number)")
            }
            for _ in 0..<4 {
                await fixture.jobs.settled()
                fixture.time.advance(by: .seconds(1))
                fixture.jobs.timeMoved()
            }
            await fixture.jobs.settled()
            for queue in [slow, fast] {
                for group in 0...1 {
                    let texts = fixture.targets.texts(queue).filter { $0.hasPrefix("\(group)-") }
                    #expect(texts == (0..<5).map { "\(group)-\($0 * 2 + group)" })
                }
            }
            let delivery = try #require(fixture.targets.delivered.first?.delivery)
            #expect(delivery.group != nil && delivery.deduplicationID != nil)
            #expect(try await rows(fixture, "sns_message") == 0)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func whatWasSeenIsNotSentAgain(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            let topic = try await fixture.topic("t.fifo", ["ContentBasedDeduplication": "true"])
            let queue = SNSFixture.queue("q.fifo")
            try await fixture.subscribe(topic, queue, ["RawMessageDelivery": "true"])
            let first = try await fixture.publish(topic, "a", group: "1")
            let again = try await fixture.publish(topic, "a", group: "2")
            #expect(again == first)
            let other = try await fixture.publish(topic, "b", group: "1")
            #expect(try #require(other.sequenceNumber) > #require(first.sequenceNumber))
            #expect(first.sequenceNumber?.count == 20)
            await fixture.jobs.settled()
            fixture.time.advance(by: .seconds(300))
            try await fixture.publish(topic, "a", group: "1")
            await fixture.jobs.settled()
            #expect(fixture.targets.texts(queue) == ["a", "b", "a"])
            #expect(fixture.targets.delivered.first?.delivery.deduplicationID?.count == 64)
            _ = try await fixture.service.setTopicAttributes(
                SetTopicAttributesInput(
                    topicArn: topic, attributeName: "FifoThroughputScope", attributeValue: "MessageGroup"),
                fixture.call("SetTopicAttributes"))
            try await fixture.publish(topic, "c", group: "1")
            try await fixture.publish(topic, "c", group: "2")
            await fixture.jobs.settled()
            #expect(fixture.targets.texts(queue).count == 5)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func anotherProcessGoesOn(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, JobMigrations.all + SNSMigrations.all) { database in
            let dead = SNSFixture(database)
            let topic = try await dead.topic()
            try await dead.subscribe(topic, Self.queue, ["RawMessageDelivery": "true"])
            // Nobody does the first process's jobs.
            try await dead.publish(topic, "hello")
            let living = SNSFixture(database)
            let running = Task { await living.jobs.run() }
            await living.jobs.settled()
            #expect(living.targets.texts(Self.queue) == ["hello"])
            running.cancel()
            await running.value
        }
    }

    @Test(arguments: TestDatabase.engines)
    func deliveriesToTheDeletedAreDropped(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            let topic = try await fixture.topic()
            let subscription = try await fixture.subscribe(topic, Self.queue)
            fixture.targets.answer(Self.queue, Self.unavailable)
            try await fixture.publish(topic, "hello")
            await fixture.jobs.settled()
            #expect(try await rows(fixture, "jobs") == 1)
            try await fixture.service.unsubscribe(
                UnsubscribeInput(subscriptionArn: subscription), fixture.call("Unsubscribe"))
            fixture.time.advance(by: .seconds(60))
            fixture.jobs.timeMoved()
            await fixture.jobs.settled()
            #expect(try await rows(fixture, "jobs") == 0)
        }
    }

    @Test func statusIsLogged() async throws {
        try await SNSFixture.with(.sqlite) { fixture in
            let role = "arn:aws:iam::111111111111:role/r"
            let topic = try await fixture.topic(
                "topic", ["SQSSuccessFeedbackRoleArn": role, "SQSFailureFeedbackRoleArn": role])
            try await fixture.subscribe(topic, Self.queue)
            try await fixture.publish(topic, "hello")
            await fixture.jobs.settled()
            fixture.targets.answer(Self.queue, Self.gone)
            try await fixture.publish(topic, "hello")
            await fixture.jobs.settled()
            let lines = fixture.logs.lines.withLock { $0 }
            let success = try #require(
                lines["sns/us-east-1/111111111111/topic"]?.first.flatMap { JSONValue(parsing: $0) })
            #expect(success["status"]?.text == "SUCCESS")
            #expect(success["notification"]?["messageMD5Sum"]?.text == "5d41402abc4b2a76b9719d911017c592")
            let failure = try #require(
                lines["sns/us-east-1/111111111111/topic/Failure"]?.first.flatMap { JSONValue(parsing: $0) })
            #expect(failure["delivery"]?["statusCode"]?.integer == 400)
        }
    }

    @Test func mailIsHandedOn() async throws {
        try await SNSFixture.with(.sqlite) { fixture in
            let topic = try await fixture.topic()
            let subscription = try await fixture.subscribe(topic, "email", "a@example.com")
            await fixture.jobs.settled()
            try await fixture.confirm(subscription)
            try await fixture.publish(topic, "hello")
            await fixture.jobs.settled()
            #expect(
                fixture.mail.sent.withLock { $0.map(\.subject) } == [
                    "AWS Notification - Subscription Confirmation", "AWS Notification Message",
                ])
        }
    }
}

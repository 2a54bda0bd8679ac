import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import SNS

@Suite struct SubscriptionTests {
    @Test(arguments: TestDatabase.engines)
    func subscribingAgainIsTheSame(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            let topic = try await fixture.topic()
            let queue = SNSFixture.queue("q")
            let first = try await fixture.subscribe(topic, queue, ["RawMessageDelivery": "true"])
            for same in [[:], ["RawMessageDelivery": "true"], ["FilterPolicyScope": "MessageAttributes"]] {
                #expect(try await fixture.subscribe(topic, queue, same) == first)
            }
            let refused = await awsError {
                try await fixture.subscribe(topic, queue, ["RawMessageDelivery": "false"])
            }
            #expect(
                refused?.message
                    == "Invalid parameter: Attributes Reason: Subscription already exists with different attributes")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func tokensConfirmOnceAndExpire(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            let topic = try await fixture.topic()
            let late = try await fixture.subscribe(topic, "http", "http://late/")
            fixture.time.advance(by: .seconds(3 * 86_400 + 1))
            let refused = await awsError { try await fixture.confirm(late) }
            #expect(refused == SNSFailures.invalid("Token"))
            // Asked again, with a new token.
            #expect(try await fixture.subscribe(topic, "http", "http://late/") == late)
            try await fixture.confirm(late)
            try await fixture.confirm(late)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func queuesOfOthersAreAsked(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            let topic = try await fixture.topic()
            let queue = SNSFixture.queue("q", account: "222222222222")
            try await fixture.subscribe(topic, queue)
            await fixture.jobs.settled()
            let asked = try #require(fixture.targets.texts(queue).first.flatMap { JSONValue(parsing: $0) })
            #expect(asked["Type"]?.text == "SubscriptionConfirmation")
            let token = try #require(asked["Token"]?.text)
            let answer = try await fixture.service.confirmSubscription(
                ConfirmSubscriptionInput(topicArn: topic, token: token, authenticateOnUnsubscribe: "true"),
                fixture.call("ConfirmSubscription", principal: .root(account: "222222222222")))
            let subscription = try #require(answer.subscriptionArn)
            let refused = await awsError {
                try await fixture.service.unsubscribe(
                    UnsubscribeInput(subscriptionArn: subscription), fixture.call("Unsubscribe", principal: .anonymous))
            }
            #expect(refused?.code == "AuthorizationError")
        }
    }

    @Test(arguments: [
        ("carrier-pigeon", "x", "Invalid parameter: Amazon SNS does not support this protocol string: carrier-pigeon"),
        ("sqs", "https://sqs/q", "Invalid parameter: SQS endpoint ARN"),
        (
            "sqs", "arn:aws:sqs:us-east-1:111111111111:q.fifo",
            "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
        ),
        ("sms", "+15--551234567", "Invalid SMS endpoint: +15--551234567"),
        ("sms", "NAA+15551234567", "Invalid SMS endpoint: NAA+15551234567"),
        ("sms", "+15551234567.", "Invalid SMS endpoint: +15551234567."),
        ("http", "https://there/", "Invalid parameter: Endpoint must match the specified protocol"),
        ("http", "http://", "Invalid parameter: Endpoint"),
        ("http", "http://a b/", "Invalid parameter: Endpoint"),
        ("http", "http://host:99999/", "Invalid parameter: Endpoint"),
        ("email", "nobody", "Invalid parameter: Email address"),
    ])
    func endpointsOfTheWrongForm(transport: String, endpoint: String, message: String) async throws {
        try await SNSFixture.with(.sqlite) { fixture in
            let topic = try await fixture.topic()
            let refused = await awsError { try await fixture.subscribe(topic, transport, endpoint) }
            #expect(refused?.message == message)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aTopicThatIsMadeAnewHasNoSubscriptions(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            let topic = try await fixture.topic()
            let subscription = try await fixture.subscribe(topic, SNSFixture.queue("q"))
            try await fixture.service.deleteTopic(DeleteTopicInput(topicArn: topic), fixture.call("DeleteTopic"))
            _ = try await fixture.topic()
            try await fixture.publish(topic, "hello")
            await fixture.jobs.settled()
            #expect(fixture.targets.delivered.isEmpty)
            // It is still seen for a while, as on AWS.
            _ = try await fixture.service.getSubscriptionAttributes(
                GetSubscriptionAttributesInput(subscriptionArn: subscription), fixture.call("GetSubscriptionAttributes")
            )
            let list = try await fixture.service.listSubscriptions(
                ListSubscriptionsInput(), fixture.call("ListSubscriptions"))
            #expect(list.subscriptions == [])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func changesAreSeenByTheNextMessage(engine: SQLEngine) async throws {
        try await SNSFixture.with(engine) { fixture in
            let topic = try await fixture.topic()
            let queue = SNSFixture.queue("q")
            let subscription = try await fixture.subscribe(topic, queue, ["RawMessageDelivery": "true"])
            try await fixture.publish(topic, "1")
            func set(_ name: String, _ value: String) async throws {
                try await fixture.service.setSubscriptionAttributes(
                    SetSubscriptionAttributesInput(
                        subscriptionArn: subscription, attributeName: name, attributeValue: value),
                    fixture.call("SetSubscriptionAttributes"))
            }
            try await set("FilterPolicyScope", "MessageBody")
            try await set("FilterPolicy", #"{"a":[1]}"#)
            try await fixture.publish(topic, "2")
            try await fixture.publish(topic, #"{"a":1}"#)
            try await set("FilterPolicy", "")
            try await fixture.publish(topic, "3")
            await fixture.jobs.settled()
            #expect(Set(fixture.targets.texts(queue)) == ["1", #"{"a":1}"#, "3"])
        }
    }
}

import ServiceKit
import ServiceModel
import Testing

@testable import SNS

@Suite struct DeliveryPolicyTests {
    @Test func theScheduleOfManagedEndpoints() {
        let delays = (0..<16).map { RetrySchedule.managed.delay(before: $0) }
        #expect(
            delays == [
                .zero, .zero, .zero, .seconds(1), .seconds(1), .seconds(1), .seconds(2), .seconds(4), .seconds(8),
                .seconds(16), .seconds(20), .seconds(20), .seconds(20), .seconds(20), .seconds(20), .seconds(20),
            ])
        #expect(RetrySchedule.managed.retries == 100_015)
        #expect(RetrySchedule.managed.delay(before: 100_014) == .seconds(20))
        #expect(RetrySchedule.managed.delay(before: 100_015) == nil)
        #expect(RetrySchedule.customer.retries == 50)
    }

    @Test(arguments: RetrySchedule.Growth.allCases)
    func delaysGrowFromTheLeastToTheGreatest(growth: RetrySchedule.Growth) throws {
        let schedule = RetrySchedule(
            immediate: 0, least: 0, growing: 10, greatest: 0, minimum: 1, maximum: 60, growth: growth)
        let delays = try (0..<10).map { try #require(schedule.delay(before: $0)) }
        #expect(delays.first == .seconds(1))
        #expect(abs((try #require(delays.last) - .seconds(60)) / .milliseconds(1)) <= 1)
        #expect(zip(delays, delays.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test func aTopicsPolicyIsCompleted() throws {
        let text = try #require(
            try TopicDeliveryPolicy.checked(
                #"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":6,"numRetries":1}}}"#,
                prefix: ""))
        #expect(
            text
                == #"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":6,"numRetries":1},"disableSubscriptionOverrides":false}}"#
        )
        let policy = TopicDeliveryPolicy(stored: text)
        #expect(policy.effective["http"]?["defaultHealthyRetryPolicy"]?["backoffFunction"]?.text == "linear")
        #expect(
            policy.effective["http"]?["defaultRequestPolicy"]?["headerContentType"]?.text == "text/plain; charset=UTF-8"
        )
        #expect(policy.http.schedule.delay(before: 0) == .seconds(5))
        #expect(policy.http.schedule.delay(before: 1) == nil)
    }

    @Test func aSubscriptionsPolicyGoesBeforeTheTopics() throws {
        let topic = TopicDeliveryPolicy(
            stored:
                #"{"http":{"defaultHealthyRetryPolicy":{"numRetries":7},"defaultThrottlePolicy":{"maxReceivesPerSecond":3}}}"#
        )
        let own = try SubscriptionDeliveryPolicy.checked(
            #"{"healthyRetryPolicy":{"numRetries":2,"minDelayTarget":1,"maxDelayTarget":1}}"#, prefix: "")
        let policy = SubscriptionDeliveryPolicy.effective(own, topic: topic)
        #expect(policy.schedule.retries == 2)
        #expect(policy.maxReceivesPerSecond == 3)
        var strict = topic
        strict.disablesOverrides = true
        #expect(SubscriptionDeliveryPolicy.effective(own, topic: strict).schedule.retries == 7)
    }

    @Test(arguments: [
        #"{"healthyRetryPolicy":{"numRetries":101}}"#,
        #"{"healthyRetryPolicy":{"minDelayTarget":0}}"#,
        #"{"healthyRetryPolicy":{"minDelayTarget":30,"maxDelayTarget":20}}"#,
        #"{"healthyRetryPolicy":{"maxDelayTarget":3601}}"#,
        #"{"healthyRetryPolicy":{"numRetries":3,"numNoDelayRetries":4}}"#,
        #"{"healthyRetryPolicy":{"numRetries":9223372036854775807,"numNoDelayRetries":9223372036854775807}}"#,
        #"{"healthyRetryPolicy":{"numRetries":100,"minDelayTarget":60,"maxDelayTarget":60}}"#,
        #"{"healthyRetryPolicy":{"backoffFunction":"sudden"}}"#,
        #"{"throttlePolicy":{"maxReceivesPerSecond":0}}"#,
        #"{"requestPolicy":{"headerContentType":"image/png"}}"#,
        #"{"requestPolicy":{"headerContentType":"text/plain\r\nX: y"}}"#,
        #"{"other":1}"#, "[]", "{",
    ])
    func whatIsNoPolicy(text: String) {
        #expect(throws: AWSError.self) { try SubscriptionDeliveryPolicy.checked(text, prefix: "") }
    }
}

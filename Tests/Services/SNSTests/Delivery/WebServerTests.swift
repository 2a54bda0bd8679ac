import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import SNS

/// Web servers that are subscribed: whose they are, and what is shown of them.
@Suite struct WebServerTests {
    private static func subscribe(_ fixture: SNSFixture, _ topic: String, _ endpoint: String, as principal: Principal)
        async throws -> String
    {
        let answer = try await fixture.service.subscribe(
            SubscribeInput(topicArn: topic, protocol: "http", endpoint: endpoint, returnSubscriptionArn: true),
            fixture.call("Subscribe", principal: principal))
        return try #require(answer.subscriptionArn)
    }

    /// The confirmation is the first that is sent, and as good for an attack as any.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            (Principal.root(account: SNSFixture.account), OutgoingRequest.Reach.everywhere),
            (.user(account: SNSFixture.account, name: "u", path: "/", id: "AIDA"), .everywhere),
            (.assumedRole(account: SNSFixture.account, role: "r", roleID: "AROA", session: "f"), .internet),
        ])
    func functionsReachTheInternetOnly(principal: Principal, reach: OutgoingRequest.Reach) async throws {
        try await SNSFixture.with(.sqlite) { fixture in
            let topic = try await fixture.topic()
            let subscription = try await Self.subscribe(fixture, topic, "http://127.0.0.1/", as: principal)
            while fixture.web.requests.isEmpty { await Task.yield() }
            try await fixture.confirm(subscription)
            try await fixture.publish(topic, "m")
            while fixture.web.requests.count < 2 { await Task.yield() }
            #expect(fixture.web.requests.map(\.reach) == [reach, reach])
        }
    }

    @Test(.timeLimit(.minutes(1))) func aPasswordIsSentAndNeverShown() async throws {
        try await SNSFixture.with(.sqlite) { fixture in
            let topic = try await fixture.topic()
            let endpoint = "https://me:se:cr@et@host/a@b"
            let subscription = try await fixture.subscribe(topic, "https", endpoint)
            while fixture.web.requests.isEmpty { await Task.yield() }
            #expect(fixture.web.requests.map(\.url) == [endpoint])
            let masked = "https://me:****@host/a@b"
            let listed = try await fixture.service.listSubscriptionsByTopic(
                ListSubscriptionsByTopicInput(topicArn: topic), fixture.call("ListSubscriptionsByTopic"))
            #expect(listed.subscriptions?.map(\.endpoint) == [masked])
            let shown = try await fixture.service.getSubscriptionAttributes(
                GetSubscriptionAttributesInput(subscriptionArn: subscription),
                fixture.call("GetSubscriptionAttributes"))
            #expect(shown.attributes?["Endpoint"] == masked)
        }
    }

    @Test(arguments: [
        ("http://host/", "http://host/"), ("http://user@host/", "http://user@host/"),
        ("http://user:p@host:80?a:b@c", "http://user:****@host:80?a:b@c"), ("http://host:80/a@b", "http://host:80/a@b"),
    ])
    func onlyPasswordsAreHidden(endpoint: String, shown: String) {
        let record = SubscriptionRecord(
            key: SubscriptionKey(topic: TopicKey(account: "1", region: "r", name: "t"), id: "s"), topicID: 1,
            owner: "1",
            transport: .http, endpoint: endpoint, principal: "", isConfirmed: true, origin: "")
        #expect(record.shownEndpoint == shown)
    }
}

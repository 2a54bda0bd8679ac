import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import SNS

@Suite struct TopicTests {
    /// What stacks with an encrypted topic and queue say of both.
    @Test func aKeyIsKeptAndShown() async throws {
        try await SNSFixture.with(.sqlite) { fixture in
            let topic = try await fixture.topic("t", ["KmsMasterKeyId": "alias/aws/sns"])
            let shown = try await fixture.service.getTopicAttributes(
                GetTopicAttributesInput(topicArn: topic), fixture.call("GetTopicAttributes"))
            #expect(shown.attributes?["KmsMasterKeyId"] == "alias/aws/sns")
        }
    }
}

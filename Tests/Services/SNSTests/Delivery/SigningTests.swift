import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import SNS

/// One signature for all who get the same.
@Suite struct SigningTests {
    @Test(.timeLimit(.minutes(1))) func subscribersShareASignature() async throws {
        try await SNSFixture.with(.sqlite) { fixture in
            let topic = try await fixture.topic()
            for number in 0..<5 { try await fixture.subscribe(topic, SNSFixture.queue("q\(number)")) }
            let before = fixture.service.signer.count
            for message in ["a", "b"] { try await fixture.publish(topic, message) }
            while fixture.targets.delivered.count < 10 { await Task.yield() }
            #expect(fixture.service.signer.count == before + 2)
            let signatures = fixture.targets.delivered.compactMap { JSONValue(parsing: $0.text)?["Signature"]?.text }
            #expect(signatures.count == 10)
            #expect(Set(signatures).count == 2)
            // 2,048 bits.
            #expect(signatures.allSatisfy { $0.utf8.count == 344 })
        }
    }
}

import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import SQS

/// What a queue's policy denies to its owner's account.
struct QueuePolicyTests {
    private static func policy(denying action: String) -> String {
        #"""
        {"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"\#(action)",
        "Resource":"arn:aws:sqs:us-east-1:000000000000:q"}}
        """#
    }

    private static func set(_ policy: String, _ url: String, _ fixture: QueueFixture, as principal: Principal? = nil)
        async throws
    {
        try await fixture.service.setQueueAttributes(
            SetQueueAttributesRequest(queueUrl: url, attributes: ["Policy": policy]),
            fixture.call("SetQueueAttributes", as: principal))
    }

    private static func code(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? AWSError)?.code ?? "\(error)"
        }
    }

    @Test func aDenialHoldsForTheOwnersAccount() async throws {
        try await QueueFixture.with(.sqlite) { fixture in
            let url = try await fixture.create("q")
            try await Self.set(Self.policy(denying: "sqs:SendMessage"), url, fixture)
            #expect(await Self.code { try await fixture.send(url, "m") } == "AccessDenied")
            #expect(await Self.code { _ = try await fixture.receive(url) } == nil)
            try await Self.set("", url, fixture)
            #expect(await Self.code { try await fixture.send(url, "m") } == nil)
        }
    }

    @Test func onlyRootTakesBackADenialOfEverything() async throws {
        try await QueueFixture.with(.sqlite) { fixture in
            let url = try await fixture.create("q")
            let user = Principal.user(account: "000000000000", name: "u", path: "/", id: "AIDA")
            try await Self.set(Self.policy(denying: "sqs:*"), url, fixture)
            #expect(await Self.code { _ = try await fixture.receive(url) } == "AccessDenied")
            #expect(await Self.code { try await Self.set("", url, fixture, as: user) } == "AccessDenied")
            #expect(await Self.code { _ = try await fixture.attributes(url) } == nil)
            #expect(await Self.code { try await Self.set("", url, fixture) } == nil)
            try await Self.set(Self.policy(denying: "sqs:*"), url, fixture)
            let deletion = await Self.code {
                try await fixture.service.deleteQueue(DeleteQueueRequest(queueUrl: url), fixture.call("DeleteQueue"))
            }
            #expect(deletion == nil)
        }
    }
}

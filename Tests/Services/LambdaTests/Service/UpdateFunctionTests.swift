import Execution
import Foundation
import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import Lambda

struct UpdateFunctionTests {
    @Test(arguments: TestDatabase.engines)
    func configurationChangesAndTheRestStays(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create { $0.environment = Environment(variables: ["A": "1"]) }
            let before = try await fixture.get()
            fixture.time.advance(by: .seconds(60))
            let updated = try await fixture.configure { ($0.handler, $0.memorySize) = ("index.other", 256) }
            #expect(updated.lastUpdateStatus == "InProgress")
            #expect(updated.lastUpdateStatusReason == "The function is being created.")
            #expect(updated.lastUpdateStatusReasonCode == "Creating")
            #expect(updated.state == "Active")
            #expect(updated.lastModified == "2026-01-01T00:01:00.000+0000")
            let after = try await fixture.get()
            #expect(after.handler == "index.other")
            #expect(after.memorySize == 256)
            #expect(after.environment?.variables == ["A": "1"])
            #expect(after.lastUpdateStatus == "Successful")
            #expect(Set([before.revisionId, updated.revisionId, after.revisionId]).count == 3)
            #expect(fixture.invoker.retirements.map(\.version) == ["$LATEST"])
            #expect(fixture.invoker.retirements.first?.exceptRevision != nil)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func codeChanges(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            let created = try await fixture.create()
            let updated = try await fixture.updateCode(code: "2") { $0.architectures = ["arm64"] }
            #expect(updated.codeSha256 != created.codeSha256)
            #expect(updated.architectures == ["arm64"])
            #expect(updated.lastUpdateStatus == "InProgress")
            try await fixture.invoke()
            let folder = try #require(fixture.invoker.invocations.first?.0.codeFolder)
            #expect(try String(contentsOfFile: folder + "/index.py", encoding: .utf8) == "2")
        }
    }

    @Test func publishingWithTheCodeAnswersThePendingVersion() async throws {
        try await LambdaFixture.with(.sqlite, settling: .seconds(3600)) { fixture in
            try await fixture.create()
            fixture.service.settling.forget(
                FunctionKey(account: LambdaFixture.account, region: LambdaFixture.region, name: "f"))
            let updated = try await fixture.updateCode(code: "2") { $0.publish = true }
            #expect(updated.functionArn == fixture.arn("f:1"))
            #expect(updated.version == "1")
            #expect(updated.state == "Pending")
            #expect(updated.lastUpdateStatus == nil)
            await #expect(throws: AWSError.self) { try await fixture.invoke("f", "1") }
            try await fixture.invoke()
        }
    }

    @Test func aDryRunChangesNothing() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            let before = try await fixture.get()
            let answer = try await fixture.updateCode(code: "2") { $0.dryRun = true }
            #expect(answer.codeSha256 != before.codeSha256)
            #expect(try await fixture.get() == before)
            #expect(fixture.blobs.digests.count == 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder + "/code").count == 1)
            await #expect(throws: LambdaFailures.brokenArchive) {
                try await fixture.updateCode(code: "") { ($0.dryRun, $0.zipFile) = (true, [1, 2, 3]) }
            }
        }
    }

    @Test func aSecondUpdateWaitsForTheFirst() async throws {
        try await LambdaFixture.with(.sqlite, settling: .seconds(3600)) { fixture in
            try await fixture.create()
            let pending = LambdaFailures.conflict(
                "The operation cannot be performed at this time. "
                    + "The function is currently in the following state: Pending")
            await #expect(throws: pending) { try await fixture.configure { $0.timeout = 5 } }
            await #expect(throws: pending) { try await fixture.invoke() }
            fixture.service.settling.forget(
                FunctionKey(account: LambdaFixture.account, region: LambdaFixture.region, name: "f"))
            try await fixture.configure { $0.timeout = 5 }
            let conflict = LambdaFailures.conflict(
                "The operation cannot be performed at this time. An update is in progress for resource: \(fixture.arn("f"))"
            )
            await #expect(throws: conflict) { try await fixture.configure { $0.timeout = 6 } }
            await #expect(throws: conflict) { try await fixture.updateCode(code: "2") }
            await #expect(throws: conflict) { try await fixture.publish() }
            try await fixture.invoke()
        }
    }

    /// Clients' waiters see a settled function when they first ask.
    @Test func askingWaitsUntilTheFunctionHasSettled() async throws {
        try await LambdaFixture.with(.sqlite, settling: .milliseconds(50)) { fixture in
            try await fixture.create()
            #expect(try await fixture.get().state == "Active")
        }
    }

    @Test func revisionIDsGuardUpdates() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            let created = try await fixture.create()
            for stale in [created.revisionId, "other"] {
                await #expect(throws: LambdaFailures.revisionMismatch) {
                    try await fixture.configure { ($0.timeout, $0.revisionId) = (5, stale) }
                }
                await #expect(throws: LambdaFailures.revisionMismatch) {
                    try await fixture.updateCode(code: "2") { $0.revisionId = stale }
                }
            }
            let current = try await fixture.get().revisionId
            try await fixture.configure { ($0.timeout, $0.revisionId) = (5, current) }
            #expect(LambdaFailures.revisionMismatch.status == 412)
        }
    }

    @Test func whatIsNotThereIsNotFound() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            let missing = LambdaFailures.functionNotFound(fixture.arn("f"))
            await #expect(throws: missing) { try await fixture.configure { $0.timeout = 5 } }
            await #expect(throws: missing) { try await fixture.updateCode(code: "1") }
            await #expect(throws: missing) { try await fixture.publish() }
            await #expect(throws: missing) { try await fixture.delete() }
            await #expect(throws: missing) { _ = try await fixture.get() }
            await #expect(throws: LambdaFailures.functionNotFound(fixture.arn("f:1221"))) {
                _ = try await fixture.get("f", "1221")
            }
        }
    }

    @Test func updatesAtOnceAreMadeOneByOne() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...20 {
                    group.addTask { try await fixture.configure { $0.timeout = number } }
                }
                try await group.waitForAll()
            }
            try await fixture.invoke()
            #expect(fixture.invoker.invocations.last?.0.timeout == (try await fixture.get().timeout))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func tagsChangeTheRevision(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create()
            let before = try await fixture.get().revisionId
            let arn = fixture.arn("f")
            try await fixture.service.tagResource(
                TagResourceRequest(resource: arn, tags: ["A": "a", "B": "b"]), fixture.call("TagResource"))
            #expect(try await fixture.get().revisionId != before)
            try await fixture.service.untagResource(
                UntagResourceRequest(resource: arn, tagKeys: ["A", "missing"]), fixture.call("UntagResource"))
            let tags = try await fixture.service.listTags(ListTagsRequest(resource: arn), fixture.call("ListTags"))
            #expect(tags.tags == ["B": "b"])
            await #expect(throws: LambdaFailures.invalidParameter("Number of tags exceeds resource tag limit.")) {
                try await fixture.service.tagResource(
                    TagResourceRequest(
                        resource: arn, tags: Dictionary(uniqueKeysWithValues: (0..<50).map { ("k\($0)", "") })),
                    fixture.call("TagResource"))
            }
        }
    }

    @Test(arguments: [
        (
            "arn:aws:lambda:us-east-1:111111111111:function:f:live",
            "Tags on function aliases and versions are not supported. Please specify a function ARN."
        ),
        (
            "arn:aws:lambda:us-east-1:111111111111:function:g",
            "Function not found: arn:aws:lambda:us-east-1:111111111111:function:g"
        ),
        (
            "arn:aws:lambda:us-east-1:111111111111:event-source-mapping:00000000-0000-0000-0000-000000000000",
            "Event source mapping not found: "
                + "arn:aws:lambda:us-east-1:111111111111:event-source-mapping:00000000-0000-0000-0000-000000000000"
        ),
        (
            "arn:aws:lambda:us-east-1:111111111111:capacity-provider:c",
            "Capacity provider not found: arn:aws:lambda:us-east-1:111111111111:capacity-provider:c"
        ),
    ])
    func otherResourcesHaveNoTags(resource: String, message: String) async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            let error = await #expect(throws: AWSError.self) {
                _ = try await fixture.service.listTags(ListTagsRequest(resource: resource), fixture.call("ListTags"))
            }
            #expect(error?.message == message)
        }
    }
}

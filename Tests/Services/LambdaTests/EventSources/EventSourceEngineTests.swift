import Execution
import Persistence
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport
import Testing

@testable import Lambda

struct EventSourceEngineTests {
    @Test func disablingWaitsForWhatIsUnderWay() async throws {
        try await EngineRig.with(settling: .milliseconds(1)) { rig in
            try await rig.fixture.create()
            try await rig.until { try await rig.fixture.get().state == "Active" }
            let gate = Gate()
            rig.behave { _ in
                await gate.pass()
                return EngineRig.ok
            }
            let uuid = try await rig.map()
            rig.queues.send("q", "a")
            try await rig.until { gate.count == 1 }
            try await rig.until { try await rig.state(uuid) == "Enabled" }
            #expect(try await rig.update(uuid) { $0.enabled = false }.state == "Disabling")
            try await rig.until { rig.queues.waiting == 0 }
            rig.queues.send("q", "b")
            #expect(try await rig.state(uuid) == "Disabling")
            await #expect(throws: AWSError.self) { try await rig.update(uuid) { $0.enabled = true } }
            gate.open()
            try await rig.until { try await rig.state(uuid) == "Disabled" }
            try await rig.until { rig.queues.messages("q").map(\.body) == ["b"] }
            try await rig.update(uuid) { $0.enabled = true }
            try await rig.until { rig.queues.messages("q").isEmpty }
        }
    }

    @Test func changesHoldForWhatIsReceivedAfterThem() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            try await rig.fixture.create("g")
            let uuid = try await rig.map()
            try await rig.until { rig.queues.waiting == 1 }
            try await rig.update(uuid) {
                $0.functionName = "g"
                $0.batchSize = 1
            }
            rig.queues.send("q", "a", "b")
            try await rig.until { rig.queues.messages("q").isEmpty }
            #expect(rig.fixture.invoker.invocations.map(\.0.name) == ["g", "g"])
            #expect(rig.batches.map(\.count) == [1, 1])
        }
    }

    @Test func aVersionAndAnAliasAreRun() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create { $0.publish = true }
            try await rig.fixture.alias("live", "1")
            try await rig.fixture.updateCode(code: "2")
            try await rig.map(function: "f:live")
            rig.queues.send("q", "a")
            try await rig.until { rig.queues.messages("q").isEmpty }
            let (function, request) = try #require(rig.fixture.invoker.invocations.first)
            #expect(function.version == "1" && request.invokedFunctionARN == rig.fixture.arn("f:live"))
        }
    }

    @Test func aDeletedMappingReadsNothingMore() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            let uuid = try await rig.map()
            try await rig.until { rig.queues.waiting == 1 }
            _ = try await rig.fixture.service.deleteEventSourceMapping(
                DeleteEventSourceMappingRequest(uuid: uuid), rig.fixture.call("DeleteEventSourceMapping"))
            try await rig.until { rig.queues.waiting == 0 }
            rig.queues.send("q", "a")
            for _ in 1...200 { await Task.yield() }
            #expect(rig.batches.isEmpty)
        }
    }

    @Test func aFunctionThatIsGoneIsWaitedFor() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            try await rig.map()
            try await rig.until { rig.queues.waiting == 1 }
            try await rig.fixture.delete()
            rig.queues.send("q", "a")
            // It was received by a poll that was under way; no more than that.
            try await rig.advance(by: 10) { rig.time.now.milliseconds > 1_767_225_600_000 + 120_000 }
            #expect(rig.batches.isEmpty && rig.queues.messages("q").first?.receives ?? 0 <= 1)
            try await rig.fixture.create()
            try await rig.advance(by: 1) { rig.queues.messages("q").isEmpty }
        }
    }

    @Test func aQueueThatIsGoneIsWaitedFor() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            try await rig.map()
            try await rig.until { rig.queues.waiting == 1 }
            rig.queues.remove("q")
            try await rig.advance(by: 60) { rig.time.now.milliseconds > 1_767_225_600_000 + 3_600_000 }
            // Once a minute, and not more.
            #expect(rig.queues.calls("ReceiveMessage") <= 70)
            rig.queues.create("q")
            rig.queues.send("q", "a")
            try await rig.advance(by: 10) { rig.queues.messages("q").isEmpty }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func enabledMappingsGoOnAfterARestart(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await EngineRig(fixture: fixture).polling { rig in
                try await rig.fixture.create()
                try await rig.map()
                try await rig.map("off") { $0.enabled = false }
            }
            fixture.queues.send("q", "a")
            fixture.queues.send("off", "b")
            try await EngineRig(fixture: try fixture.restarted()).polling { rig in
                try await rig.until { rig.queues.messages("q").isEmpty }
                #expect(rig.queues.messages("off").first?.receives == 0)
            }
        }
    }

    @Test func othersChangesAreSeenWhereTheDatabaseIsShared() async throws {
        guard TestDatabase.engines.contains(.postgres) else { return }
        try await EngineRig.with(.postgres) { rig in
            let other = try rig.fixture.restarted()
            try await other.create()
            other.sources.add(EventSource(kind: .queue, arn: QueueDouble.arn("q")))
            rig.queues.create("q")
            _ = try await other.service.createEventSourceMapping(
                CreateEventSourceMappingRequest(functionName: "f", eventSourceArn: QueueDouble.arn("q")),
                other.call("CreateEventSourceMapping"))
            rig.queues.send("q", "a")
            try await rig.until { rig.queues.messages("q").isEmpty }
        }
    }

    @Test func sourcesAreFoundByCalls() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            let calls = InProcessCaller()
            let sources = CalledEventSources(calls)
            #expect(!sources.offers(.queue))
            calls.connect(Dispatcher(services: [fixture.queues], authorizer: OpenAuthorizer()))
            #expect(EventSourceKind.allCases.filter { sources.offers($0) } == [.queue])
            let principal = Principal.root(account: "111111111111")
            let source = EventSource(kind: .queue, arn: QueueDouble.arn("q"))
            @Sendable func describe() async throws -> EventSourceDescription? {
                try await sources.describe(source, as: principal, region: "us-east-1")
            }
            let before = try await describe()
            #expect(before == nil)
            fixture.queues.create("q", visibility: 17)
            let after = try await describe()
            #expect(after?.visibilityTimeout == 17)
            fixture.queues.fail("GetQueueAttributes", AWSError("AccessDenied", status: 403, message: "no"))
            await #expect(throws: AWSError.self) { try await describe() }
        }
    }
}

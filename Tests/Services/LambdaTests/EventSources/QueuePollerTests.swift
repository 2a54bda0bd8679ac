import Execution
import Persistence
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport
import Testing

@testable import Lambda

struct QueuePollerTests {
    @Test(arguments: TestDatabase.engines)
    func messagesAreProcessedAndDeleted(engine: SQLEngine) async throws {
        try await EngineRig.with(engine) { rig in
            try await rig.fixture.create()
            try await rig.map()
            rig.queues.send("q", "a", "b")
            try await rig.until { rig.queues.messages("q").isEmpty }
            #expect(rig.batches.flatMap { $0 }.sorted() == ["a", "b"])
            let (function, request) = try #require(rig.fixture.invoker.invocations.first)
            #expect(function.name == "f" && request.invokedFunctionARN == rig.fixture.arn("f"))
            #expect(
                rig.queues.principals == [
                    .assumedRole(account: "111111111111", role: "lambda", roleID: "", session: "f")
                ])
        }
    }

    @Test func aFailedBatchComesAgainWhenItsVisibilityEnds() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            rig.fixture.invoker.answers.withLock { $0 = [.success(EngineRig.failed)] }
            try await rig.map(visibility: 60)
            rig.queues.send("q", "a")
            try await rig.until { rig.batches.count == 1 }
            let passed = try await rig.advance(by: 5) { rig.batches.count == 2 }
            #expect(passed >= 60)
            try await rig.until { rig.queues.messages("q").isEmpty }
        }
    }

    @Test func failuresOfSingleMessagesKeepThoseAlone() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            rig.queues.create("q")
            rig.behave { request in
                let poisoned = zip(EngineRig.ids(request.payload), EngineRig.bodies(request.payload)).filter {
                    $0.1 == "bad"
                }
                let failures = poisoned.map { #"{"itemIdentifier":"\#($0.0)"}"# }.joined(separator: ",")
                return InvocationResult(payload: Array(#"{"batchItemFailures":[\#(failures)]}"#.utf8))
            }
            try await rig.map { $0.functionResponseTypes = ["ReportBatchItemFailures"] }
            rig.queues.send("q", "1", "bad", "2")
            try await rig.until { rig.queues.messages("q").map(\.body) == ["bad"] }
            try await rig.advance(by: 5) { rig.queues.messages("q").first?.receives == 3 }
            rig.queues.send("q", "3")
            // What is poisoned holds up nothing.
            try await rig.until { rig.queues.messages("q").map(\.body) == ["bad"] }
        }
    }

    @Test func filteredMessagesAreDeletedUnseen() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            let uuid = try await rig.map {
                $0.filterCriteria = FilterCriteria(filters: [Filter(pattern: #"{"body":{"n":[{"numeric":[">",5]}]}}"#)])
                $0.metricsConfig = EventSourceMappingMetricsConfig(metrics: ["EventCount"])
            }
            rig.queues.send("q", #"{"n":1}"#, #"{"n":9}"#, "text")
            try await rig.until { rig.queues.messages("q").isEmpty }
            try await rig.until { rig.batches == [[#"{"n":9}"#]] }
            func count(_ name: String) async -> Double {
                await rig.fixture.service.metrics.metrics(since: Timestamp(milliseconds: 0)).filter {
                    $0.name == name && $0.dimensions == [MetricDimension("EventSourceMappingUUID", uuid)]
                }.reduce(0) { $0 + $1.values.sum }
            }
            try await rig.until { await count("DeletedEventCount") == 3 }
            #expect(await count("PolledEventCount") == 3)
            #expect(await count("FilteredOutEventCount") == 2)
            #expect(await count("InvokedEventCount") == 1)
            #expect(await count("FailedInvokeEventCount") == 0)
        }
    }

    @Test func metricsFollowAChangeOfTheMapping() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            let uuid = try await rig.map()
            try await rig.until { try await rig.state(uuid) == "Enabled" }
            _ = try await rig.update(uuid) {
                $0.metricsConfig = EventSourceMappingMetricsConfig(metrics: ["EventCount"])
            }
            try await rig.until { try await rig.state(uuid) == "Enabled" }
            rig.queues.send("q", "a")
            try await rig.until {
                await rig.fixture.service.metrics.metrics(since: Timestamp(milliseconds: 0)).contains {
                    $0.name == "DeletedEventCount"
                        && $0.dimensions == [MetricDimension("EventSourceMappingUUID", uuid)]
                }
            }
        }
    }

    @Test func aWindowGathersUntilItsEndOrABatchIsFull() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            try await rig.map {
                $0.batchSize = 25
                $0.maximumBatchingWindowInSeconds = 10
            }
            rig.queues.send("q", (1...24).map(String.init))
            try await rig.until { rig.queues.messages("q").allSatisfy { $0.receives == 1 } }
            rig.time.advance(by: .seconds(5))
            #expect(rig.batches.isEmpty)
            rig.queues.send("q", "25", "26")
            // Full before the window's end.
            try await rig.until { rig.batches.map(\.count) == [25] }
            let passed = try await rig.advance { rig.batches.count == 2 }
            #expect(rig.batches[1].count == 1 && passed >= 9)
        }
    }

    @Test func throttlesAreWaitedOutAsLongAsTheMessagesAreOurs() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            let throttles = Mutex(3)
            rig.behave { _ in
                let isThrottled = throttles.withLock { count in
                    count -= 1
                    return count >= 0
                }
                if isThrottled { throw EngineRig.throttled }
                return EngineRig.ok
            }
            try await rig.map()
            rig.queues.send("q", "a")
            try await rig.advance { rig.queues.messages("q").isEmpty }
            #expect(rig.batches.count == 4)
            // For ever: others may have the message when its time is over.
            throttles.withLock { $0 = .max }
            rig.queues.send("q", "b")
            try await rig.advance { rig.queues.messages("q").first?.receives == 2 }
            throttles.withLock { $0 = 0 }
            try await rig.advance { rig.queues.messages("q").isEmpty }
        }
    }

    @Test func noMoreRunAtOnceThanMay() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            let gate = Gate()
            rig.behave { _ in
                await gate.pass()
                return EngineRig.ok
            }
            try await rig.map {
                $0.batchSize = 1
                $0.scalingConfig = ScalingConfig(maximumConcurrency: 3)
            }
            rig.queues.send("q", (1...20).map(String.init))
            try await rig.until { gate.count == 3 }
            for _ in 1...200 { await Task.yield() }
            #expect(gate.most == 3 && rig.queues.calls("ReceiveMessage") == 3)
            gate.open()
            try await rig.until { rig.queues.messages("q").isEmpty }
            #expect(rig.batches.count == 20)
        }
    }

    @Test func reservedConcurrencyLimitsToo() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            _ = try await rig.fixture.service.putFunctionConcurrency(
                PutFunctionConcurrencyRequest(functionName: "f", reservedConcurrentExecutions: 2),
                rig.fixture.call("PutFunctionConcurrency"))
            let gate = Gate()
            rig.behave { _ in
                await gate.pass()
                return EngineRig.ok
            }
            try await rig.map { $0.batchSize = 1 }
            rig.queues.send("q", (1...9).map(String.init))
            try await rig.until { gate.count == 2 }
            gate.open()
            try await rig.until { rig.queues.messages("q").isEmpty }
            #expect(gate.most == 2)
        }
    }

    @Test func anIdleMappingWaitsOnce() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            try await rig.map()
            try await rig.until { rig.queues.waiting == 1 }
            for _ in 1...200 { await Task.yield() }
            #expect(rig.queues.calls("ReceiveMessage") == 1)
            rig.queues.send("q", "a")
            try await rig.until { rig.queues.messages("q").isEmpty && rig.queues.waiting == 1 }
            #expect(rig.queues.calls("ReceiveMessage") == 2)
        }
    }

    @Test func provisionedPollersWait() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            try await rig.map {
                $0.provisionedPollerConfig = ProvisionedPollerConfig(minimumPollers: 3, maximumPollers: 5)
            }
            try await rig.until { rig.queues.waiting == 3 }
        }
    }

    @Test func deletionsAreTriedAgain() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            try await rig.map()
            rig.queues.fail("DeleteMessageBatch")
            rig.queues.send("q", "a")
            try await rig.advance { rig.queues.messages("q").isEmpty }
            #expect(rig.batches.count == 1)
        }
    }

    @Test(arguments: [nil, "letters"])
    func loopsAreStopped(deadLetters: String?) async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            rig.queues.create("letters")
            try await rig.map(deadLetters: deadLetters)
            let hash = InvocationLineage.hash(functionARN: rig.fixture.arn("f"))
            let header = "Root=1-5f5ff1d4-9a9f5e1b7f7f7f7f7f7f7f7f;Sampled=0;Lineage=\(hash):16"
            rig.queues.send("q", "round", trace: header)
            rig.queues.send("q", "other")
            try await rig.until { rig.queues.messages("q").isEmpty }
            #expect(rig.batches == [["other"]])
            let letters = rig.queues.messages("letters")
            #expect(letters.map(\.body) == (deadLetters == nil ? [] : ["round"]))
            #expect(letters.first?.trace == (deadLetters == nil ? nil : header))
        }
    }

    @Test func theTraceGoesOn() async throws {
        try await EngineRig.with { rig in
            try await rig.fixture.create()
            try await rig.map()
            rig.queues.send("q", "a", trace: "Root=1-a;Sampled=1")
            try await rig.until { rig.batches.count == 1 }
            #expect(rig.fixture.invoker.invocations.first?.1.traceHeader == "Root=1-a;Sampled=1")
        }
    }
}

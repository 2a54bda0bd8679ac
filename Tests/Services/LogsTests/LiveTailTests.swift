import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import Logs

@Suite struct LiveTailTests {
    static let arn = "arn:aws:logs:us-east-1:111111111111:log-group:g"

    @Test(arguments: TestDatabase.engines)
    func showsWhatMatches(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine, liveTail: .init(interval: .milliseconds(20))) { fixture in
            try await fixture.createGroup("g")
            for stream in ["a", "b"] { try await fixture.createStream("g", stream) }
            let reply = try await fixture.service.startLiveTail(
                .init(logGroupIdentifiers: [Self.arn], logStreamNames: ["a"], logEventFilterPattern: "ERROR"),
                fixture.call())
            var events = try #require(reply.events).makeAsyncIterator()
            let start = try #require(try await events.next()?["sessionStart"])
            #expect(start["logGroupIdentifiers"] == .list([.string(Self.arn)]))
            #expect(start["logStreamNames"] == .list(["a"]))
            #expect(start["logEventFilterPattern"] == "ERROR")
            try await fixture.put("g", "a", [(0, "ERROR one"), (1, "fine"), (2, "ERROR two")])
            try await fixture.put("g", "b", [(0, "ERROR elsewhere")])
            var shown: [WireValue] = []
            while shown.count < 2, let update = try await events.next()?["sessionUpdate"] {
                #expect(update["sessionMetadata"]?["sampled"] == false)
                shown += update["sessionResults"]?.listValue ?? []
            }
            #expect(shown.map { $0["message"] } == ["ERROR one", "ERROR two"])
            #expect(shown.first?["logStreamName"] == "a")
            #expect(shown.first?["logGroupIdentifier"] == "111111111111:g")
            #expect(shown.first?["timestamp"] == .integer(LogsFixture.start))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func samplesAndTimesOut(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine, liveTail: .init(interval: .milliseconds(200), updates: 2, sample: 5)) {
            fixture in
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            let reply = try await fixture.service.startLiveTail(.init(logGroupIdentifiers: ["g"]), fixture.call())
            try await fixture.put("g", "s", (0..<20).map { (Int64($0), "m\($0)") })
            var sampled = false
            var count = 0
            var end: WireValue?
            for try await event in try #require(reply.events) {
                end = event
                guard let update = event["sessionUpdate"] else { continue }
                sampled = sampled || update["sessionMetadata"]?["sampled"] == true
                count += update["sessionResults"]?.listValue?.count ?? 0
            }
            #expect(sampled)
            #expect(count == 5)
            #expect(end?["SessionTimeoutException"] != nil)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func refusesWhatAWSRefuses(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            func refusal(_ request: StartLiveTailRequest) async -> String {
                await failure { _ = try await fixture.service.startLiveTail(request, fixture.call()) } ?? ""
            }
            #expect(await refusal(.init(logGroupIdentifiers: ["x"])).hasPrefix("ResourceNotFoundException"))
            #expect(await refusal(.init(logGroupIdentifiers: [Self.arn + ":*"])).hasPrefix("InvalidParameterException"))
            #expect(
                await refusal(.init(logGroupIdentifiers: ["g", "g"], logStreamNames: ["s"])).hasPrefix(
                    "InvalidParameterException"))
            #expect(
                await refusal(.init(logGroupIdentifiers: ["g"], logStreamNames: ["s"], logStreamNamePrefixes: ["s"]))
                    .hasPrefix("InvalidParameterException"))
            #expect(
                await refusal(.init(logGroupIdentifiers: ["g"], logEventFilterPattern: "{")).hasPrefix(
                    "InvalidParameterException"))
        }
    }
}

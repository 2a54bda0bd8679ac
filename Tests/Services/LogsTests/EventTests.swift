import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import Logs

@Suite struct EventTests {
    @Test(arguments: TestDatabase.engines)
    func tokensLeadThroughAStream(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            try await fixture.put("g", "s", (0..<10).map { (Int64($0), "m\($0)") })

            let first = try await fixture.get("g", "s", limit: 4, head: true)
            #expect(first.events?.map(\.message) == ["m0", "m1", "m2", "m3"])
            #expect(first.events?.first?.ingestionTime == LogsFixture.start)
            let form = /[fb]\/[0-9]{56}\/s/
            #expect(first.nextForwardToken?.wholeMatch(of: form) != nil)
            #expect(first.nextBackwardToken?.wholeMatch(of: form) != nil)
            let second = try await fixture.get("g", "s", token: first.nextForwardToken, limit: 4, head: true)
            #expect(second.events?.map(\.message) == ["m4", "m5", "m6", "m7"])
            let third = try await fixture.get("g", "s", token: second.nextForwardToken, limit: 4, head: true)
            #expect(third.events?.map(\.message) == ["m8", "m9"])
            let end = try await fixture.get("g", "s", token: third.nextForwardToken, head: true)
            #expect(end.events == [])
            #expect(end.nextForwardToken == third.nextForwardToken)
            // Backwards from the end, and from the middle.
            let back = try await fixture.get("g", "s", token: end.nextBackwardToken, limit: 3)
            #expect(back.events?.map(\.message) == ["m7", "m8", "m9"])
            let before = try await fixture.get("g", "s", token: second.nextBackwardToken, limit: 3)
            #expect(before.events?.map(\.message) == ["m1", "m2", "m3"])
            let start = try await fixture.get("g", "s", token: first.nextBackwardToken)
            #expect(start.events == [])
            #expect(start.nextBackwardToken == first.nextBackwardToken)
            // What comes later is behind the last token.
            try await fixture.put("g", "s", [(10, "m10")])
            #expect(try await fixture.get("g", "s", token: end.nextForwardToken).events?.map(\.message) == ["m10"])
            // The default is the end of the stream.
            #expect(try await fixture.get("g", "s", limit: 2).events?.map(\.message) == ["m9", "m10"])
            #expect(
                await failure { _ = try await fixture.get("g", "s", token: "invalid") }
                    == "InvalidParameterException: The specified nextToken is invalid.")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func anEmptyStreamCanBeFollowed(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            let empty = try await fixture.get("g", "s", head: true)
            #expect(empty.events == [])
            try await fixture.put("g", "s", [(-100, "late")])
            #expect(try await fixture.get("g", "s", token: empty.nextForwardToken).events?.map(\.message) == ["late"])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func rangesEndBeforeOrWithTheirEnd(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            try await fixture.put("g", "s", [(0, "a"), (1, "b"), (2, "c")])
            #expect(try await fixture.get("g", "s", from: 0, to: 2, head: true).events?.map(\.message) == ["a", "b"])
            #expect(try await fixture.get("g", "s", from: 2, to: 1, head: true).events == [])
            let filtered = try await fixture.service.filterLogEvents(
                .init(logGroupName: "g", startTime: LogsFixture.start + 1, endTime: LogsFixture.start + 2),
                fixture.call())
            #expect(filtered.events?.map(\.message) == ["b", "c"])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func lateEventsAreSorted(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            try await fixture.put("g", "s", [(10, "d"), (10, "e")])
            try await fixture.put("g", "s", [(-5, "a"), (20, "g")])
            try await fixture.put("g", "s", [(3, "c"), (10, "f")])
            try await fixture.put("g", "s", [(-4, "b")])
            #expect(try await fixture.messages("g", "s") == ["a", "b", "c", "d", "e", "f", "g"])
            #expect(try await fixture.get("g", "s", limit: 3).events?.map(\.message) == ["e", "f", "g"])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func rejectsInPart(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            let response = try await fixture.put("g", "s", [(0, "kept"), (7_200_001, "too new")])
            #expect(response.rejectedLogEventsInfo == RejectedLogEventsInfo(tooNewLogEventStartIndex: 1))
            #expect(response.nextSequenceToken?.count == 56)
            #expect(try await fixture.messages("g", "s") == ["kept"])
            #expect(
                await failure { try await fixture.put("g", "s", [(1, "a"), (0, "b")]) }
                    == "InvalidParameterException: Log events in a single PutLogEvents request must be in chronological order."
            )
        }
    }

    @Test(arguments: TestDatabase.engines)
    func pagesEndAtOneMegabyte(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            let long = String(repeating: "x", count: 400_000)
            for index in 0..<4 { try await fixture.put("g", "s", [(Int64(index), "\(index)\(long)")]) }
            func firsts(_ response: GetLogEventsResponse) -> [String] {
                response.events?.compactMap { $0.message.map { String($0.prefix(1)) } } ?? []
            }
            let page = try await fixture.get("g", "s", head: true)
            #expect(firsts(page) == ["0", "1"])
            #expect(firsts(try await fixture.get("g", "s", token: page.nextForwardToken)) == ["2", "3"])
            #expect(firsts(try await fixture.get("g", "s")) == ["2", "3"])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func filtersOverStreams(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            for stream in ["a1", "a2", "b1"] { try await fixture.createStream("g", stream) }
            for index in 0..<30 {
                try await fixture.put(
                    "g", ["a1", "a2", "b1"][index % 3],
                    [(Int64(index), "n=\(index) \(index % 2 == 0 ? "even" : "odd")")])
            }
            func all(_ request: FilterLogEventsRequest) async throws -> [FilteredLogEvent] {
                var request = request
                var events: [FilteredLogEvent] = []
                repeat {
                    let page = try await fixture.service.filterLogEvents(request, fixture.call())
                    #expect(page.searchedLogStreams == [])
                    events += page.events ?? []
                    request.nextToken = page.nextToken
                } while request.nextToken != nil
                return events
            }
            let everything = try await all(.init(logGroupName: "g", limit: 7))
            #expect(everything.map(\.timestamp) == (0..<30).map { LogsFixture.start + Int64($0) })
            #expect(Set(everything.map(\.eventId)).count == 30)
            #expect(everything.first?.logStreamName == "a1")
            #expect(try await all(.init(logGroupName: "g", filterPattern: "even", limit: 4)).count == 15)
            #expect(try await all(.init(logGroupName: "g", logStreamNames: ["b1", "a1"])).count == 20)
            #expect(
                try await all(.init(logGroupIdentifier: "g", logStreamNamePrefix: "a", filterPattern: "odd", limit: 3))
                    .count == 10)
            await fixture.service.flush()
            #expect(try await all(.init(logGroupName: "g", limit: 7)) == everything)
            #expect(try await all(.init(logGroupName: "g", logStreamNamePrefix: "b")).count == 10)

            let service = fixture.service
            #expect(
                await failure {
                    _ = try await service.filterLogEvents(.init(logGroupName: "g", nextToken: "x"), fixture.call())
                }
                    == "InvalidParameterException: The specified nextToken is invalid.")
            #expect(
                await failure {
                    _ = try await service.filterLogEvents(
                        .init(logGroupName: "g", logStreamNames: ["zz"]), fixture.call())
                }
                    == "ResourceNotFoundException: The specified log stream does not exist.")
            #expect(
                await failure {
                    _ = try await service.filterLogEvents(
                        .init(logGroupName: "g", filterPattern: "a:b"), fixture.call())
                }
                    == "InvalidParameterException: Invalid character(s) in term ':'")
            #expect(
                await failure { _ = try await service.filterLogEvents(.init(logGroupName: "zz"), fixture.call()) }
                    == "ResourceNotFoundException: The specified log group does not exist.")
        }
    }

    /// A search that finds nothing in much answers in pieces.
    @Test(arguments: TestDatabase.engines)
    func longSearchesStopOnTheWay(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine, segments: .init(segmentBytes: 4000, scanBytes: 1500)) { fixture in
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            for index in 0..<60 {
                try await fixture.put("g", "s", [(Int64(index), "line \(index) of many that do not matter")])
            }
            try await fixture.put("g", "s", [(100, "needle")])
            var token: String?
            var pages = 0
            var found: [String] = []
            repeat {
                let page = try await fixture.service.filterLogEvents(
                    .init(logGroupName: "g", filterPattern: "needle", nextToken: token), fixture.call())
                found += page.events?.compactMap(\.message) ?? []
                token = page.nextToken
                pages += 1
            } while token != nil && pages < 100
            #expect(found == ["needle"])
            #expect(pages > 2)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func testsMetricFilters(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            let response = try await fixture.service.testMetricFilter(
                .init(filterPattern: "[level=E*, code]", logEventMessages: ["INFO 1", "ERROR 2", "x"]), fixture.call())
            #expect(
                response.matches == [
                    MetricFilterMatchRecord(
                        eventNumber: 2, eventMessage: "ERROR 2", extractedValues: ["$level": "ERROR", "$code": "2"])
                ])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func accountsAndRegionsAreApart(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            let other = fixture.call(region: "eu-west-1")
            #expect(await failure { try await fixture.service.createLogGroup(.init(logGroupName: "g"), other) } == nil)
            #expect(
                await failure {
                    try await fixture.service.deleteLogGroup(
                        .init(logGroupName: "g"), fixture.call(account: "222222222222"))
                }
                    == "ResourceNotFoundException: The specified log group does not exist.")
            #expect(
                await failure {
                    _ = try await fixture.service.filterLogEvents(
                        .init(logGroupIdentifier: "arn:aws:logs:us-east-1:222222222222:log-group:g"), fixture.call())
                } == "ResourceNotFoundException: The specified log group does not exist.")
        }
    }
}

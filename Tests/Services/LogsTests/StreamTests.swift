import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import Logs

@Suite struct StreamTests {
    @Test(arguments: TestDatabase.engines)
    func isShownAsOnAWS(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "2026/01/01/[$LATEST]abc")
            let arn = "arn:aws:logs:us-east-1:111111111111:log-group:g:log-stream:2026/01/01/[$LATEST]abc"
            let response = try await fixture.service.describeLogStreams(.init(logGroupName: "g"), fixture.call())
            #expect(
                response.logStreams == [
                    LogStream(
                        logStreamName: "2026/01/01/[$LATEST]abc", creationTime: LogsFixture.start, arn: arn,
                        storedBytes: 0)
                ])
            try await fixture.put("g", "2026/01/01/[$LATEST]abc", [(-5, "a"), (7, "b")])
            let stream = try await fixture.service.describeLogStreams(
                .init(logGroupIdentifier: "arn:aws:logs:us-east-1:111111111111:log-group:g:*"), fixture.call()
            ).logStreams?.first
            #expect(stream?.firstEventTimestamp == LogsFixture.start - 5)
            #expect(stream?.lastEventTimestamp == LogsFixture.start + 7)
            #expect(stream?.lastIngestionTime == LogsFixture.start)
            #expect(stream?.uploadSequenceToken?.count == 56)
            let group = try await fixture.service.describeLogGroups(.init(), fixture.call()).logGroups?.first
            #expect(group?.storedBytes == 54)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func errorsAreThoseOfAWS(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            let (service, call) = (fixture.service, fixture.call())
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            #expect(
                await failure { try await fixture.createStream("g", "s") }
                    == "ResourceAlreadyExistsException: The specified log stream already exists")
            let missing = "ResourceNotFoundException: The specified log stream does not exist."
            #expect(await failure { try await fixture.put("g", "x", [(0, "m")]) } == missing)
            #expect(await failure { _ = try await fixture.get("g", "x") } == missing)
            #expect(
                await failure { try await service.deleteLogStream(.init(logGroupName: "g", logStreamName: "x"), call) }
                    == missing)
            #expect(
                await failure {
                    _ = try await service.describeLogStreams(
                        .init(logGroupName: "g", logStreamNamePrefix: "s", orderBy: "LastEventTime"), call)
                } == "InvalidParameterException: Cannot order by LastEventTime with a logStreamNamePrefix.")
            #expect(
                await failure { _ = try await service.describeLogStreams(.init(), call) }?.hasPrefix(
                    "InvalidParameterException") == true)
            #expect(
                await failure { _ = try await service.describeLogStreams(.init(logGroupName: "x"), call) }
                    == "ResourceNotFoundException: The specified log group does not exist.")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func listsByNameAndByTime(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            for (index, name) in ["d", "a", "c", "b", "ax"].enumerated() {
                try await fixture.createStream("g", name)
                if name != "b" { try await fixture.put("g", name, [(Int64(index), "m")]) }
            }
            func names(_ request: DescribeLogStreamsRequest) async throws -> [String] {
                var request = request
                var names: [String] = []
                repeat {
                    let page = try await fixture.service.describeLogStreams(request, fixture.call())
                    names += page.logStreams?.compactMap(\.logStreamName) ?? []
                    request.nextToken = page.nextToken
                } while request.nextToken != nil
                return names
            }
            #expect(try await names(.init(logGroupName: "g", limit: 2)) == ["a", "ax", "b", "c", "d"])
            #expect(
                try await names(.init(logGroupName: "g", descending: true, limit: 2)) == ["d", "c", "b", "ax", "a"])
            #expect(try await names(.init(logGroupName: "g", logStreamNamePrefix: "a", limit: 1)) == ["a", "ax"])
            let byTime = DescribeLogStreamsRequest(logGroupName: "g", orderBy: "LastEventTime", limit: 2)
            #expect(try await names(byTime) == ["b", "d", "a", "c", "ax"])
            var descending = byTime
            descending.descending = true
            #expect(try await names(descending) == ["ax", "c", "a", "d", "b"])
            // And the same when the times come from rows.
            await fixture.service.flush()
            #expect(try await names(descending) == ["ax", "c", "a", "d", "b"])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func deletedStreamsAreGone(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            for stream in ["s", "t"] {
                try await fixture.createStream("g", stream)
                try await fixture.put("g", stream, [(0, stream)])
            }
            try await fixture.service.deleteLogStream(.init(logGroupName: "g", logStreamName: "s"), fixture.call())
            let events = try await fixture.service.filterLogEvents(.init(logGroupName: "g"), fixture.call()).events
            #expect(events?.map(\.message) == ["t"])
            #expect(
                try await fixture.service.describeLogStreams(.init(logGroupName: "g"), fixture.call()).logStreams?.count
                    == 1)
        }
    }
}

import Dispatch
import Persistence
import ServiceKit
import Synchronization
import TestSupport
import Testing

@testable import Logs

@Suite struct SinkTests {
    @Test(arguments: TestDatabase.engines)
    func aLineIsSeenAtOnce(engine: SQLEngine) async throws {
        // The flusher never comes by itself here: reading sees what is still in the buffer.
        try await LogsFixture.with(engine, sink: .init(interval: .seconds(3600))) { fixture in
            let writer = fixture.service.writer(fixture.address("/aws/lambda/f", "s"))
            await writer.append([fixture.event(0, "one"), fixture.event(1, "two\nlines"), fixture.event(1, "")])
            #expect(writer.offer([fixture.event(2, "three")]))
            #expect(try await fixture.messages("/aws/lambda/f", "s") == ["one", "two\nlines", "three"])
            await writer.append([fixture.event(3, "four")])
            writer.close()
            let groups = try await fixture.service.describeLogGroups(.init(), fixture.call()).logGroups
            #expect(groups?.map(\.logGroupName) == ["/aws/lambda/f"])
            let events = try await fixture.service.filterLogEvents(.init(logGroupName: "/aws/lambda/f"), fixture.call())
                .events
            #expect(events?.map(\.message) == ["one", "two\nlines", "three", "four"])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func linesReachTheDiskByThemselves(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine, sink: .init(interval: .milliseconds(5))) { fixture in
            let lines = fixture.service.tail(account: "111111111111", region: "us-east-1", group: "g")
            let writer = fixture.service.writer(fixture.address("g", "s"))
            await writer.append([fixture.event(0, "one")])
            var iterator = lines.makeAsyncIterator()
            let line = await iterator.next()
            #expect(line?.event.message == "one")
            #expect(line?.stream.stream == "s")
            #expect(line?.ingestion == LogsFixture.start)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func streamsAreMadeAgainWhenDeleted(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine, sink: .init(interval: .seconds(3600))) { fixture in
            let writer = fixture.service.writer(fixture.address("g", "s"))
            await writer.append([fixture.event(0, "one")])
            try await fixture.service.deleteLogGroup(.init(logGroupName: "g"), fixture.call())
            await writer.append([fixture.event(1, "two")])
            #expect(try await fixture.messages("g", "s") == ["two"])
        }
    }

    /// A full buffer makes its own writer wait, and no other.
    @Test(arguments: TestDatabase.engines)
    func aFloodSlowsItsOwnWriterAlone(engine: SQLEngine) async throws {
        try await LogsFixture.with(
            engine, sink: .init(interval: .milliseconds(20), bufferBytes: 2000, bufferEvents: 50)
        ) { fixture in
            let flood = fixture.service.writer(fixture.address("g", "flood"))
            let quiet = fixture.service.writer(fixture.address("g", "quiet"))
            try await withThrowingTaskGroup { group in
                group.addTask { await flood.append((0..<2000).map { fixture.event(Int64($0), "flood \($0)") }) }
                group.addTask {
                    for index in 0..<20 { await quiet.append([fixture.event(Int64(index), "quiet \(index)")]) }
                }
                try await group.waitForAll()
            }
            let messages = try await fixture.messages("g", "flood")
            #expect(messages == (0..<2000).map { "flood \($0)" })
            #expect(try await fixture.messages("g", "quiet") == (0..<20).map { "quiet \($0)" })
        }
    }

    @Test(arguments: TestDatabase.engines)
    func anOfferIsAllOrNothing(engine: SQLEngine) async throws {
        try await LogsFixture.with(
            engine, sink: .init(interval: .seconds(3600), bufferBytes: 100_000, bufferEvents: 10)
        ) { fixture in
            let writer = fixture.service.writer(fixture.address("g", "s"))
            #expect(writer.offer((0..<8).map { fixture.event(Int64($0), "a\($0)") }))
            #expect(!writer.offer((0..<8).map { fixture.event(Int64($0), "b\($0)") }))
            let first = try await fixture.messages("g", "s")
            #expect(first.count == 8)
            #expect(writer.offer([fixture.event(9, "c")]))
            let second = try await fixture.messages("g", "s")
            #expect(second.count == 9)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func longLinesAreCut(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine, sink: .init(interval: .seconds(3600))) { fixture in
            let writer = fixture.service.writer(fixture.address("g", "s"))
            let line = String(repeating: "é", count: 700_000)
            await writer.append([fixture.event(0, line)])
            var text = ""
            var token: String?
            while true {
                let page = try await fixture.get("g", "s", token: token, head: true)
                guard let events = page.events, !events.isEmpty else { break }
                text += events.compactMap(\.message).joined()
                token = page.nextForwardToken
            }
            #expect(text == line)
        }
    }
}

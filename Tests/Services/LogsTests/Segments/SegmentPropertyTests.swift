import Foundation
import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import Logs

/// The segment store beside a list in memory: random writes, crashes, deletions and moves of the clock; both must show the same.
@Suite struct SegmentPropertyTests {
    private struct Model {
        var events: [String: [StoredEvent]] = [:]
        var order: Int64 = 0
        var retention: Int?

        /// What a stream shows at a time, in order.
        func visible(_ stream: String, _ now: Int64) -> [String] {
            let cutoff = RetentionDays.cutoff(retention, now: now) ?? .min
            return (events[stream] ?? []).filter { $0.position.timestamp >= cutoff }.sorted {
                $0.position < $1.position
            }.map(\.message)
        }
    }

    private static let small = SegmentStore.Configuration(
        segmentBytes: 700, smallBytes: 500, mergeCount: 3, maximumUnsealed: 4, scanBytes: 400)
    private static let streams = ["a", "b", "c"]

    private static let seeds: ClosedRange<UInt64> =
        1...(ProcessInfo.processInfo.environment["MARTLET_LONG"] == "1" ? 200 : 6)

    @Test(arguments: TestDatabase.engines, seeds)
    func showsWhatTheModelShows(engine: SQLEngine, seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        try await LogsFixture.with(engine, segments: Self.small, sink: .init(interval: .seconds(3600))) { fixture in
            var service = fixture.service
            var model = Model()
            var writers: [String: any LogWriter] = [:]
            try await fixture.createGroup("g")
            for step in 0..<120 {
                let stream = Self.streams.randomElement(using: &random) ?? "a"
                switch Int.random(in: 0..<20, using: &random) {
                case 0..<8: try await write(service, fixture, stream, step, &model, &random)
                case 8..<10:
                    let writer = writers[stream] ?? service.writer(fixture.address("g", stream))
                    writers[stream] = writer
                    await writer.append([line(fixture, stream, step, &model)])
                case 10: fixture.time.advance(by: .seconds(Int.random(in: 1...40_000, using: &random)))
                case 11:
                    let next = [14, 7, 5, 3, 1].first { $0 < (model.retention ?? 30) }
                    if let next, Int.random(in: 0..<4, using: &random) == 0 {
                        model.retention = next
                        try await service.putRetentionPolicy(
                            .init(logGroupName: "g", retentionInDays: next), fixture.call())
                    }
                case 12:
                    await service.sink.settle()
                    if try await service.streams.find(fixture.address("g", stream))?.stream != nil {
                        try await service.deleteLogStream(
                            .init(logGroupName: "g", logStreamName: stream), fixture.call())
                    }
                    model.events[stream] = nil
                case 13: try await service.events.clean()
                case 14:
                    service = try await crash(service, fixture, &random)
                    writers = [:]
                case 15:
                    await service.flush()
                    service = LogsFixture.make(
                        fixture.database, fixture.folder, fixture.time, segments: Self.small,
                        sink: .init(interval: .seconds(3600)))
                    writers = [:]
                default: try await check(service, fixture, stream, model, &random)
                }
            }
            for stream in Self.streams { try await check(service, fixture, stream, model, &random) }
            await service.flush()
            try await service.events.clean()
            for stream in Self.streams { try await check(service, fixture, stream, model, &random) }
        }
    }

    private func line(_ fixture: LogsFixture, _ stream: String, _ step: Int, _ model: inout Model) -> LogEvent {
        let event = LogEvent(timestamp: fixture.time.now, message: "\(stream) \(step) printed")
        add(event, stream, &model)
        return event
    }

    private func add(_ event: LogEvent, _ stream: String, _ model: inout Model) {
        model.order += 1
        model.events[stream, default: []].append(
            StoredEvent(
                stream: 0, position: .init(timestamp: event.timestamp.milliseconds, sequence: model.order),
                ingestion: 0,
                message: event.message))
    }

    private func write(
        _ service: LogsService, _ fixture: LogsFixture, _ stream: String, _ step: Int, _ model: inout Model,
        _ random: inout SeededGenerator
    ) async throws {
        await service.sink.settle()
        let now = fixture.time.now.milliseconds
        let address = fixture.address("g", stream)
        let identity = try await service.streams.ensure(address, now: now)
        let count = Int.random(in: 1...6, using: &random)
        let events = (0..<count).map { index in
            LogEvent(
                timestamp: Timestamp(
                    milliseconds: now - Int64.random(in: 0...300_000_000, using: &random)
                        * Int64.random(in: 0...1, using: &random)),
                message: "\(stream) \(step) \(index) "
                    + String(repeating: "x", count: Int.random(in: 0...60, using: &random)))
        }
        try await service.events.append([AppendBatch(stream: identity, events: events)])
        for event in events { add(event, stream, &model) }
    }

    /// Lets go of a service that has closed nothing, and tears the end of its last segment.
    private func crash(_ service: LogsService, _ fixture: LogsFixture, _ random: inout SeededGenerator) async throws
        -> LogsService
    {
        await service.sink.settle()
        try await service.events.seal()
        if let last = service.events.files.list().last(where: { $0 & 1 == 0 }),
            try await fixture.database.read({
                try $0.first("SELECT 1 FROM logs_segment WHERE id = ?", [.integer(last)])
            }) == nil,
            let handle = FileHandle(forWritingAtPath: service.events.files.path(last))
        {
            try handle.seekToEnd()
            // Half a frame, or rubbish.
            var torn: [UInt8] = []
            _ = Frame.append(
                [LogEvent(timestamp: fixture.time.now, message: "never acknowledged")], stream: 1, ingestion: 0,
                firstSequence: 1, to: &torn)
            let part =
                Bool.random(using: &random)
                ? torn.prefix(Int.random(in: 0..<torn.count, using: &random)) : Array("rubbish".utf8)[...]
            try handle.write(contentsOf: Data(part))
            try handle.close()
        }
        return LogsFixture.make(
            fixture.database, fixture.folder, fixture.time, segments: Self.small, sink: .init(interval: .seconds(3600)))
    }

    private func check(
        _ service: LogsService, _ fixture: LogsFixture, _ stream: String, _ model: Model,
        _ random: inout SeededGenerator
    ) async throws {
        await service.sink.settle()
        guard try await service.streams.find(fixture.address("g", stream))?.stream != nil else {
            #expect(model.events[stream] == nil)
            return
        }
        let expected = model.visible(stream, fixture.time.now.milliseconds)
        let limit = Int.random(in: 1...9, using: &random)
        for head in [true, false] {
            var shown: [String] = []
            var token: String?
            while true {
                let page = try await service.getLogEvents(
                    .init(
                        logStreamName: stream, logGroupName: "g", nextToken: token, limit: limit, startFromHead: head),
                    fixture.call())
                let messages = page.events?.compactMap(\.message) ?? []
                shown = head ? shown + messages : messages + shown
                let next = head ? page.nextForwardToken : page.nextBackwardToken
                if messages.isEmpty || next == token { break }
                token = next
            }
            #expect(shown == expected)
        }
        var filtered: [String] = []
        var token: String?
        repeat {
            let page = try await service.filterLogEvents(
                .init(logGroupName: "g", filterPattern: stream, nextToken: token, limit: limit), fixture.call())
            filtered += page.events?.compactMap(\.message) ?? []
            token = page.nextToken
        } while token != nil
        #expect(filtered == expected)
    }
}

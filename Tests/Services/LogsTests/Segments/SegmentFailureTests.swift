import Foundation
import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import Logs

@Suite struct SegmentFailureTests {
    /// Puts something in the place of the next segment, so that it can't be made.
    private func block(_ fixture: LogsFixture) throws -> String {
        let path = fixture.service.events.files.path(2)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test(arguments: TestDatabase.engines)
    func aFailedWriteIsAnErrorAndNothingElse(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            try await fixture.service.events.open()
            let obstacle = try block(fixture)
            #expect(await failure { try await fixture.put("g", "s", [(0, "lost")]) } != nil)
            try FileManager.default.removeItem(atPath: obstacle)
            try await fixture.put("g", "s", [(1, "kept")])
            #expect(try await fixture.messages("g", "s") == ["kept"])
        }
    }

    /// A function's lines wait until they can be written; its reader does not.
    @Test(arguments: TestDatabase.engines)
    func linesOutliveAFailure(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine, sink: .init(interval: .milliseconds(5), retry: .milliseconds(5))) {
            fixture in
            try await fixture.service.events.open()
            let obstacle = try block(fixture)
            let writer = fixture.service.writer(fixture.address("g", "s"))
            await writer.append([fixture.event(0, "one")])
            await fixture.service.sink.settle()
            #expect(try await fixture.messages("g", "s") == [])
            await writer.append([fixture.event(1, "two")])
            try FileManager.default.removeItem(atPath: obstacle)
            // An attempt that began before may still fail; the next one does not.
            for _ in 0..<10 where try await fixture.messages("g", "s").count < 2 { await fixture.service.sink.settle() }
            #expect(try await fixture.messages("g", "s") == ["one", "two"])
        }
    }

    /// What a crash leaves of a compaction is of no use, and goes.
    @Test(arguments: TestDatabase.engines)
    func halfAMergeIsForgotten(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            try await fixture.put("g", "s", [(0, "kept")])
            await fixture.service.flush()
            let files = fixture.service.events.files
            let segment = try #require(files.list().first)
            try FileManager.default.copyItem(atPath: files.path(segment), toPath: files.path(segment + 1))
            let next = LogsFixture.make(fixture.database, fixture.folder, fixture.time)
            let page = try await next.getLogEvents(.init(logStreamName: "s", logGroupName: "g"), fixture.call())
            #expect(page.events?.map(\.message) == ["kept"])
            #expect(files.list() == [segment])
        }
    }

    /// A frame that the disk has lost is left out; the others are shown.
    @Test(arguments: TestDatabase.engines)
    func damageHidesNoMoreThanItself(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            for index in 0..<3 { try await fixture.put("g", "s", [(Int64(index), "event \(index)")]) }
            await fixture.service.flush()
            let files = fixture.service.events.files
            let segment = try #require(files.list().first)
            let handle = try #require(FileHandle(forUpdatingAtPath: files.path(segment)))
            try handle.seek(toOffset: UInt64(try files.size(segment) / 2))
            try handle.write(contentsOf: Data([0xFF, 0xFF]))
            try handle.close()
            #expect(try await fixture.messages("g", "s") == ["event 0", "event 2"])
        }
    }

    /// Segments whose files are gone are forgotten at the next start, with a word in the log.
    @Test(arguments: TestDatabase.engines)
    func lostFilesDoNotStopTheRest(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            try await fixture.put("g", "s", [(0, "lost")])
            await fixture.service.flush()
            try await fixture.put("g", "s", [(1, "kept")])
            await fixture.service.flush()
            let files = fixture.service.events.files
            try FileManager.default.removeItem(atPath: files.path(try #require(files.list().first)))
            let next = LogsFixture.make(fixture.database, fixture.folder, fixture.time)
            let page = try await next.getLogEvents(.init(logStreamName: "s", logGroupName: "g"), fixture.call())
            #expect(page.events?.map(\.message) == ["kept"])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func manyWriteAtOnce(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine, segments: .init(segmentBytes: 3000)) { fixture in
            try await fixture.createGroup("g")
            for index in 0..<10 { try await fixture.createStream("g", "s\(index)") }
            try await withThrowingTaskGroup { group in
                for index in 0..<200 {
                    group.addTask {
                        _ = try await fixture.put(
                            "g", "s\(index % 10)", [(Int64(index), "m\(index)"), (Int64(index), "n\(index)")])
                    }
                }
                try await group.waitForAll()
            }
            for index in 0..<10 {
                let expected = stride(from: index, to: 200, by: 10).flatMap { ["m\($0)", "n\($0)"] }
                #expect(try await fixture.messages("g", "s\(index)") == expected)
            }
            let events =
                try await fixture.service.filterLogEvents(.init(logGroupName: "g"), fixture.call()).events ?? []
            #expect(events.count == 400)
            #expect(Set(events.map(\.eventId)).count == 400)
        }
    }
}

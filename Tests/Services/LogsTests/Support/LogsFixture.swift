import Foundation
import Persistence
import ServiceKit
import ServiceModel
import TestSupport

@testable import Logs

/// The service on a database and a folder of its own, with a clock that stands still.
struct LogsFixture: Sendable {
    let database: any Database
    let folder: String
    let time: VirtualTime
    let service: LogsService

    /// 2026-01-01T00:00:00Z.
    static let start: Int64 = 1_767_225_600_000

    static func with(
        _ engine: SQLEngine, segments: SegmentStore.Configuration = .init(), sink: SinkHub.Configuration = .init(),
        liveTail: LiveTailSettings = .init(), _ body: (LogsFixture) async throws -> Void
    ) async throws {
        try await TestDatabase.with(engine, LogsMigrations.all) { database in
            try await TemporaryFolder.with { folder in
                let time = VirtualTime()
                let fixture = LogsFixture(
                    database: database, folder: folder, time: time,
                    service: make(database, folder, time, segments: segments, sink: sink, liveTail: liveTail))
                try await body(fixture)
                await fixture.service.flush()
            }
        }
    }

    static func make(
        _ database: any Database, _ folder: String, _ time: any TimeSource,
        segments: SegmentStore.Configuration = .init(),
        sink: SinkHub.Configuration = .init(), liveTail: LiveTailSettings = .init()
    ) -> LogsService {
        LogsService(
            database: database, folder: folder + "/logs", durability: .relaxed, time: time, segments: segments,
            sink: sink,
            liveTail: liveTail)
    }

    func call(_ operation: String = "Test", account: String = "111111111111", region: String = "us-east-1") -> Call {
        Call(
            service: "logs", operation: operation, input: .structure([:]), principal: .root(account: account),
            account: account,
            region: region, requestID: "00000000-0000-4000-8000-000000000000")
    }

    func createGroup(_ name: String, account: String = "111111111111") async throws {
        try await service.createLogGroup(CreateLogGroupRequest(logGroupName: name), call(account: account))
    }

    func createStream(_ group: String, _ name: String) async throws {
        try await service.createLogStream(CreateLogStreamRequest(logGroupName: group, logStreamName: name), call())
    }

    /// Puts events at times given in milliseconds from ``start``.
    @discardableResult
    func put(_ group: String, _ stream: String, _ events: [(Int64, String)]) async throws -> PutLogEventsResponse {
        try await service.putLogEvents(
            PutLogEventsRequest(
                logGroupName: group, logStreamName: stream,
                logEvents: events.map { InputLogEvent(timestamp: Self.start + $0.0, message: $0.1) }), call())
    }

    func get(
        _ group: String, _ stream: String, from start: Int64? = nil, to end: Int64? = nil, token: String? = nil,
        limit: Int? = nil,
        head: Bool? = nil
    ) async throws -> GetLogEventsResponse {
        try await service.getLogEvents(
            GetLogEventsRequest(
                logStreamName: stream, logGroupName: group, startTime: start.map { Self.start + $0 },
                endTime: end.map { Self.start + $0 },
                nextToken: token, limit: limit, startFromHead: head), call())
    }

    func messages(_ group: String, _ stream: String) async throws -> [String] {
        try await get(group, stream, head: true).events?.compactMap(\.message) ?? []
    }

    func address(_ group: String, _ stream: String) -> LogStreamAddress {
        LogStreamAddress(account: "111111111111", region: "us-east-1", group: group, stream: stream)
    }

    func event(_ offset: Int64, _ message: String) -> LogEvent {
        LogEvent(timestamp: Timestamp(milliseconds: Self.start + offset), message: message)
    }
}

/// The error that `body` throws, as "Code: message".
func failure(_ body: () async throws -> Void) async -> String? {
    do {
        try await body()
        return nil
    } catch let error as AWSError {
        return "\(error.code): \(error.message)"
    } catch {
        return "\(error)"
    }
}

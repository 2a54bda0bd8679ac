import Foundation
public import ServiceKit
import ServiceModel
import Synchronization

/// The pace of Live Tail sessions, in real time.
struct LiveTailSettings: Sendable {
    var interval: Duration = .seconds(1)
    /// How many updates a session gets before it times out: three hours of them.
    var updates = 3 * 3600
    /// The most events in one update.
    var sample = 500
    /// Updates that wait for a slow client, before the oldest are dropped.
    var waiting = 10
}

extension LogsService {
    public func startLiveTail(_ input: StartLiveTailRequest, _ call: Call) async throws -> Reply {
        let hasNames = input.logStreamNames?.isEmpty == false
        let hasPrefixes = input.logStreamNamePrefixes?.isEmpty == false
        if hasNames && hasPrefixes {
            throw LogsError.invalidParameterException(
                "LogStream names and LogStream name prefixes are mutually exclusive parameters.")
        }
        if input.logGroupIdentifiers.count > 1 && (hasNames || hasPrefixes) {
            throw LogsError.invalidParameterException(
                "LogStream names or LogStream name prefixes can only be specified with a single log group.")
        }
        let pattern = try Self.pattern(input.logEventFilterPattern)
        var keys: [TailHub.Key] = []
        for identifier in input.logGroupIdentifiers {
            if identifier.hasSuffix("*") {
                throw LogsError.invalidParameterException("The specified log group identifier is invalid.")
            }
            let row = try await group(identifier, call)
            keys.append(TailHub.Key(account: call.account, region: call.region, group: row.name))
        }
        let start = LiveTailSessionStart(
            requestId: call.requestID, sessionId: UUID().uuidString.lowercased(),
            logGroupIdentifiers: input.logGroupIdentifiers,
            logStreamNames: input.logStreamNames ?? [], logStreamNamePrefixes: input.logStreamNamePrefixes ?? [],
            logEventFilterPattern: input.logEventFilterPattern ?? "")
        let filter = LiveTailFilter(
            names: hasNames ? Set(input.logStreamNames ?? []) : nil,
            prefixes: hasPrefixes ? input.logStreamNamePrefixes : nil,
            pattern: pattern)
        return Reply(StartLiveTailResponse().wire, events: session(start, keys, filter))
    }

    private func session(
        _ start: LiveTailSessionStart, _ keys: [TailHub.Key], _ filter: LiveTailFilter
    ) -> AsyncThrowingStream<WireValue, any Error> {
        let settings = liveTail
        // Watching begins now, not when the client first reads.
        let events = self.events.tails.subscribe(keys)
        return AsyncThrowingStream(bufferingPolicy: .bufferingNewest(settings.waiting)) { continuation in
            continuation.yield(StartLiveTailResponseStream(sessionStart: start).wire)
            let sample = LiveTailSample(limit: settings.sample)
            let task = Task {
                await withTaskGroup { group in
                    group.addTask {
                        for await event in events where filter.matches(event) { sample.add(event) }
                    }
                    group.addTask {
                        for _ in 0..<settings.updates {
                            do { try await Task.sleep(for: settings.interval) } catch { return }
                            continuation.yield(StartLiveTailResponseStream(sessionUpdate: sample.take()).wire)
                        }
                        let timeout = SessionTimeoutException(message: "The session has timed out.")
                        continuation.yield(StartLiveTailResponseStream(sessionTimeoutException: timeout).wire)
                    }
                    await group.next()
                    group.cancelAll()
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

/// Which events a session shows.
private struct LiveTailFilter: Sendable {
    var names: Set<String>?
    var prefixes: [String]?
    var pattern: FilterPattern

    func matches(_ event: TailedEvent) -> Bool {
        if let names, !names.contains(event.stream.stream) { return false }
        if let prefixes, !prefixes.contains(where: { event.stream.stream.utf8.starts(with: $0.utf8) }) { return false }
        return pattern.matches(event.event.message)
    }
}

/// The events since the last update: all of them, or an even sample.
private final class LiveTailSample: Sendable {
    private struct State {
        var events: [(order: Int, event: TailedEvent)] = []
        var seen = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    func add(_ event: TailedEvent) {
        state.withLock { state in
            state.seen += 1
            if state.events.count < limit {
                state.events.append((state.seen, event))
            } else {
                // Reservoir sampling: each event has the same chance to be shown.
                let place = Int.random(in: 0..<state.seen)
                if place < limit { state.events[place] = (state.seen, event) }
            }
        }
    }

    func take() -> LiveTailSessionUpdate {
        let taken = state.withLock { state in
            defer { state = State() }
            return state
        }
        let results = taken.events.sorted { $0.order < $1.order }.map { _, tailed in
            LiveTailSessionLogEvent(
                logStreamName: tailed.stream.stream,
                logGroupIdentifier: "\(tailed.stream.account):\(tailed.stream.group)",
                message: tailed.event.message, timestamp: tailed.event.timestamp.milliseconds,
                ingestionTime: tailed.ingestion)
        }
        return LiveTailSessionUpdate(
            sessionMetadata: LiveTailSessionMetadata(sampled: taken.seen > limit), sessionResults: results)
    }
}

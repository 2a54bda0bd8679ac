public import ServiceKit
import ServiceModel
import Synchronization

extension LogsService {
    public func putLogEvents(_ input: PutLogEventsRequest, _ call: Call) async throws -> PutLogEventsResponse {
        let address = LogStreamAddress(
            account: call.account, region: call.region, group: input.logGroupName, stream: input.logStreamName)
        guard let (group, stream) = try await streams.find(address) else { throw Self.noGroup }
        guard let stream else { throw Self.noStream }
        let batch: PutBatch
        do {
            batch = try PutBatch(
                input.logEvents.map { LogEvent(timestamp: Timestamp(milliseconds: $0.timestamp), message: $0.message) },
                now: time.now.milliseconds, retention: group.retention)
        } catch {
            throw LogsError.invalidParameterException(error.message)
        }
        var order = stream.id
        if !batch.accepted.isEmpty {
            order = try await events.append([AppendBatch(stream: stream, events: Array(batch.accepted))])
        }
        var response = PutLogEventsResponse(nextSequenceToken: Self.sequenceToken(stream.id, order))
        if batch.isRejectedInPart {
            response.rejectedLogEventsInfo = RejectedLogEventsInfo(
                tooNewLogEventStartIndex: batch.tooNewStart, tooOldLogEventEndIndex: batch.tooOldEnd,
                expiredLogEventEndIndex: batch.expiredEnd)
        }
        return response
    }

    public func getLogEvents(_ input: GetLogEventsRequest, _ call: Call) async throws -> GetLogEventsResponse {
        guard let identifier = input.logGroupName ?? input.logGroupIdentifier else {
            throw LogsError.invalidParameterException("Must specify either logGroupName or logGroupIdentifier.")
        }
        if input.logGroupName != nil && input.logGroupIdentifier != nil {
            throw LogsError.invalidParameterException(
                "LogGroup name and LogGroup identifier are mutually exclusive parameters.")
        }
        let token = try input.nextToken.map { token in
            guard let parsed = PositionToken.parse(token) else { throw Self.badToken }
            return parsed
        }
        guard let (name, account, region) = LogGroupIdentifier.parse(identifier),
            account ?? call.account == call.account,
            region ?? call.region == call.region
        else { throw Self.noGroup }
        let (group, stream) = try await stream(name, input.logStreamName, call)

        let isForward = token?.isForward ?? input.startFromHead ?? false
        // The end is excluded here, unlike in FilterLogEvents.
        var (lower, upper) = range(start: input.startTime, end: input.endTime, group)
        if let token {
            if isForward { lower = max(lower, token.position) } else { upper = min(upper, token.position) }
        }
        let page = try await events.read(
            ReadRequest(
                scope: .stream(stream.id), lower: lower, upper: upper, isForward: isForward,
                limit: min(input.limit ?? LogLimits.pageEvents, LogLimits.pageEvents)))
        // At an end, the token that was sent comes back: in both directions it stands for the same place.
        let empty =
            token?.position
            ?? (isForward
                ? EventPosition(timestamp: max(input.startTime ?? 0, 0), sequence: 0)
                : EventPosition(timestamp: max(min(input.endTime ?? .max, time.now.milliseconds), 0), sequence: 0))
        return GetLogEventsResponse(
            events: page.events.map {
                OutputLogEvent(timestamp: $0.position.timestamp, message: $0.message, ingestionTime: $0.ingestion)
            },
            nextForwardToken: PositionToken.text(page.events.last?.position.next ?? empty, isForward: true),
            nextBackwardToken: PositionToken.text(page.events.first?.position ?? empty, isForward: false))
    }

    /// The places between two times, without what the group's retention no longer keeps.
    private func range(start: Int64?, end: Int64?, _ group: LogGroupRow) -> (EventPosition, EventPosition) {
        var lower = EventPosition(timestamp: start ?? 0, sequence: 0)
        if let cutoff = RetentionDays.cutoff(group.retention, now: time.now.milliseconds) {
            lower = max(lower, EventPosition(timestamp: cutoff, sequence: 0))
        }
        return (lower, end.map { EventPosition(timestamp: $0, sequence: 0) } ?? .last)
    }

    public func filterLogEvents(_ input: FilterLogEventsRequest, _ call: Call) async throws -> FilterLogEventsResponse {
        if input.logStreamNames?.isEmpty == false && input.logStreamNamePrefix != nil {
            throw LogsError.invalidParameterException(
                "LogStream names and LogStream name prefix are mutually exclusive parameters.")
        }
        let pattern = try Self.pattern(input.filterPattern)
        let group = try await group(name: input.logGroupName, identifier: input.logGroupIdentifier, call)
        var scope = ReadScope.group(group.id)
        if let names = input.logStreamNames, !names.isEmpty {
            scope = .streams(
                Array(
                    Set(
                        try await streams.identities(group: group.id, names: names).map { id in
                            guard let id else { throw Self.noStream }
                            return id
                        })))
        } else if let prefix = input.logStreamNamePrefix {
            scope = .prefix(group: group.id, prefix)
        }
        // Events at the very end belong to it, unlike in GetLogEvents.
        var (lower, upper) = range(start: input.startTime, end: input.endTime.map { $0 == .max ? $0 : $0 + 1 }, group)
        let query = """
            filter \(group.id) \((input.logStreamNames ?? []).sorted()) \(input.logStreamNamePrefix ?? "") \(input.filterPattern ?? "") \
            \(input.startTime ?? 0) \(input.endTime ?? 0)
            """
        if let token = input.nextToken {
            guard let parts = PageToken(token, scope: query)?.position, parts.count == 2,
                let timestamp = Int64(parts[0]),
                let sequence = Int64(parts[1])
            else { throw Self.badToken }
            lower = max(lower, EventPosition(timestamp: timestamp, sequence: sequence))
        }
        if lower > upper { upper = lower }
        let page = try await events.read(
            ReadRequest(
                scope: scope, lower: lower, upper: upper, isForward: true,
                limit: min(input.limit ?? LogLimits.pageEvents, LogLimits.pageEvents), pattern: pattern, isBounded: true
            ))
        let names = try await streams.names(Set(page.events.map(\.stream)))
        return FilterLogEventsResponse(
            events: page.events.compactMap { event in
                guard let name = names[event.stream] else { return nil }
                return FilteredLogEvent(
                    logStreamName: name, timestamp: event.position.timestamp, message: event.message,
                    ingestionTime: event.ingestion,
                    eventId: event.position.decimal)
            },
            searchedLogStreams: [],
            nextToken: page.rest.map {
                PageToken(scope: query, position: [String($0.timestamp), String($0.sequence)]).text
            })
    }

    static func pattern(_ source: String?) throws -> FilterPattern {
        do {
            return try FilterPattern(parsing: source ?? "")
        } catch {
            throw LogsError.invalidParameterException(error.message)
        }
    }

    public func testMetricFilter(_ input: TestMetricFilterRequest, _ call: Call) async throws
        -> TestMetricFilterResponse
    {
        let pattern = try Self.pattern(input.filterPattern)
        let matches = input.logEventMessages.enumerated().compactMap { index, message in
            pattern.extract(message).map {
                MetricFilterMatchRecord(eventNumber: Int64(index + 1), eventMessage: message, extractedValues: $0)
            }
        }
        return TestMetricFilterResponse(matches: matches)
    }
}

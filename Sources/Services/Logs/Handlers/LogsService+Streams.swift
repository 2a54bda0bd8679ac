public import ServiceKit
import ServiceModel
import Synchronization

extension LogsService {
    public func createLogStream(_ input: CreateLogStreamRequest, _ call: Call) async throws {
        await sink.settle(account: call.account, region: call.region, group: input.logGroupName)
        let creation = try await streams.create(
            account: call.account, region: call.region, group: input.logGroupName, name: input.logStreamName,
            now: time.now.milliseconds)
        switch creation {
        case .created: break
        case .exists: throw LogsError.resourceAlreadyExistsException("The specified log stream already exists")
        case .noGroup: throw Self.noGroup
        }
    }

    public func deleteLogStream(_ input: DeleteLogStreamRequest, _ call: Call) async throws {
        let (_, stream) = try await stream(input.logGroupName, input.logStreamName, call)
        try await streams.delete(stream.id)
        events.index.withLock { $0.delete(stream: stream.id) }
        events.deletions.add(1, ordering: .releasing)
    }

    /// A group and a stream of it, by their names.
    func stream(_ group: String, _ name: String, _ call: Call) async throws -> (
        group: LogGroupRow, stream: StreamIdentity
    ) {
        await sink.settle(account: call.account, region: call.region, group: group)
        let address = LogStreamAddress(account: call.account, region: call.region, group: group, stream: name)
        guard let found = try await streams.find(address) else { throw Self.noGroup }
        guard let stream = found.stream else { throw Self.noStream }
        return (found.group, stream)
    }

    public func describeLogStreams(_ input: DescribeLogStreamsRequest, _ call: Call) async throws
        -> DescribeLogStreamsResponse
    {
        let byTime = input.orderBy == "LastEventTime"
        if byTime && input.logStreamNamePrefix != nil {
            throw LogsError.invalidParameterException("Cannot order by LastEventTime with a logStreamNamePrefix.")
        }
        let group = try await group(name: input.logGroupName, identifier: input.logGroupIdentifier, call)
        try await events.publishTimes()
        let descending = input.descending ?? false
        let limit = input.limit ?? 50
        let query = "streams \(group.id) \(input.logStreamNamePrefix ?? "") \(byTime) \(descending)"
        var cursor: [String]?
        if let token = input.nextToken {
            guard let parts = PageToken(token, scope: query)?.position, parts.count == 2, Int64(parts[0]) != nil else {
                throw Self.badToken
            }
            cursor = parts
        }
        var rows: [LogStreamRow]
        if byTime {
            let after = cursor.map { (time: Int64($0[0]) ?? 0, name: $0[1]) }
            rows = try await streams.listByTime(group: group.id, after: after, descending: descending, limit: limit + 1)
        } else {
            rows = try await streams.list(
                group: group.id, prefix: input.logStreamNamePrefix, after: cursor?[1], descending: descending,
                limit: limit + 1)
        }
        var token: String?
        if rows.count > limit {
            rows.removeLast()
            if let last = rows.last {
                token = PageToken(scope: query, position: [String(last.lastEvent ?? 0), last.name]).text
            }
        }
        return DescribeLogStreamsResponse(logStreams: rows.map { shape($0, group, call) }, nextToken: token)
    }

    private func shape(_ row: LogStreamRow, _ group: LogGroupRow, _ call: Call) -> LogStream {
        LogStream(
            logStreamName: row.name, creationTime: row.created, firstEventTimestamp: row.firstEvent,
            lastEventTimestamp: row.lastEvent,
            lastIngestionTime: row.lastIngestion,
            uploadSequenceToken: row.lastIngestion.map { Self.sequenceToken(row.id, $0) },
            arn: LogARN.stream(row.name, group: group.name, account: call.account, region: call.region), storedBytes: 0)
    }

    /// A token in AWS's form. It is ignored when it comes back, as on AWS since 2023.
    static func sequenceToken(_ stream: Int64, _ order: Int64) -> String {
        var state = UInt64(bitPattern: stream &* 31 &+ order)
        var token = "496"
        for _ in 0..<53 {
            // SplitMix64: digits that look like AWS's and are always the same for the same state.
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            token += String((value ^ (value >> 31)) % 10)
        }
        return token
    }
}

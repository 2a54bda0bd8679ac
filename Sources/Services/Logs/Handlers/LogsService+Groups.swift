public import ServiceKit
import ServiceModel
import Synchronization

extension LogsService {
    static let noGroup = LogsError.resourceNotFoundException("The specified log group does not exist.")
    static let noStream = LogsError.resourceNotFoundException("The specified log stream does not exist.")
    static let badToken = LogsError.invalidParameterException("The specified nextToken is invalid.")

    /// The group that `name` or `identifier` means.
    func group(name: String?, identifier: String?, _ call: Call) async throws -> LogGroupRow {
        guard let text = name ?? identifier else {
            throw LogsError.invalidParameterException("Must specify either logGroupName or logGroupIdentifier.")
        }
        if name != nil && identifier != nil {
            throw LogsError.invalidParameterException(
                "LogGroup name and LogGroup identifier are mutually exclusive parameters.")
        }
        return try await group(text, call)
    }

    func group(_ identifier: String, _ call: Call) async throws -> LogGroupRow {
        guard let (name, account, region) = LogGroupIdentifier.parse(identifier) else {
            throw LogsError.invalidParameterException("The specified log group identifier is invalid.")
        }
        guard account ?? call.account == call.account, region ?? call.region == call.region else { throw Self.noGroup }
        await sink.settle(account: call.account, region: call.region, group: name)
        guard let row = try await groups.find(account: call.account, region: call.region, name: name) else {
            throw Self.noGroup
        }
        return row
    }

    public func createLogGroup(_ input: CreateLogGroupRequest, _ call: Call) async throws {
        func refuse(_ parameter: String) -> AWSError {
            .notImplemented(service: call.service, operation: call.operation, parameter: parameter)
        }
        if let key = input.kmsKeyId, !key.isEmpty { throw refuse("kmsKeyId") }
        if input.deletionProtectionEnabled == true { throw refuse("deletionProtectionEnabled") }
        let groupClass = input.logGroupClass ?? "STANDARD"
        if groupClass == "DELIVERY" { throw refuse("logGroupClass DELIVERY") }
        let tags = input.tags ?? [:]
        try Self.validate(tags.keys)
        let isNew = try await groups.create(
            account: call.account, region: call.region, name: input.logGroupName, groupClass: groupClass, tags: tags,
            now: time.now.milliseconds)
        if !isNew { throw LogsError.resourceAlreadyExistsException("The specified log group already exists") }
    }

    public func deleteLogGroup(_ input: DeleteLogGroupRequest, _ call: Call) async throws {
        let row = try await group(input.logGroupName, call)
        try await groups.delete(row.id)
        events.index.withLock { $0.delete(group: row.id) }
        events.deletions.add(1, ordering: .releasing)
    }

    public func describeLogGroups(_ input: DescribeLogGroupsRequest, _ call: Call) async throws
        -> DescribeLogGroupsResponse
    {
        if input.logGroupNamePrefix != nil && input.logGroupNamePattern != nil {
            throw LogsError.invalidParameterException(
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
        }
        try refuseLinkedAccounts(input.includeLinkedAccounts, input.accountIdentifiers, call)
        let names = try input.logGroupIdentifiers.map { identifiers in
            Set(
                try identifiers.map { identifier in
                    guard let (name, _, _) = LogGroupIdentifier.parse(identifier) else {
                        throw LogsError.invalidParameterException("The specified log group identifier is invalid.")
                    }
                    return name
                })
        }
        let pattern = input.logGroupNamePattern ?? ""
        let query =
            "groups \(call.account) \(call.region) \(input.logGroupNamePrefix ?? "") \(pattern) \(input.logGroupClass ?? "")"
        let (rows, token) = try await page(
            call, prefix: input.logGroupNamePrefix, groupClass: input.logGroupClass, token: input.nextToken,
            query: query,
            limit: input.limit ?? 50
        ) { row in row.name.utf8Contains(pattern) && names?.contains(row.name) ?? true }
        return DescribeLogGroupsResponse(
            logGroups: rows.map { shape($0, call, withSize: input.logGroupNamePattern == nil) }, nextToken: token)
    }

    public func listLogGroups(_ input: ListLogGroupsRequest, _ call: Call) async throws -> ListLogGroupsResponse {
        func refuse(_ parameter: String) -> AWSError {
            .notImplemented(service: call.service, operation: call.operation, parameter: parameter)
        }
        try refuseLinkedAccounts(input.includeLinkedAccounts, input.accountIdentifiers, call)
        if input.dataSources?.isEmpty == false { throw refuse("dataSources") }
        if input.fieldIndexNames?.isEmpty == false { throw refuse("fieldIndexNames") }
        if input.logGroupTags?.isEmpty == false { throw refuse("logGroupTags") }
        let alternatives = (input.logGroupNamePattern ?? "").split(separator: "|")
        let query =
            "list \(call.account) \(call.region) \(input.logGroupNamePattern ?? "") \(input.logGroupClass ?? "")"
        let (rows, token) = try await page(
            call, prefix: nil, groupClass: input.logGroupClass, token: input.nextToken, query: query,
            limit: input.limit ?? 50
        ) { row in
            alternatives.isEmpty
                || alternatives.contains { part in
                    part.hasPrefix("^")
                        ? row.name.utf8.starts(with: part.dropFirst().utf8) : row.name.utf8Contains(String(part))
                }
        }
        return ListLogGroupsResponse(
            logGroups: rows.map { row in
                LogGroupSummary(
                    logGroupName: row.name,
                    logGroupArn: LogARN.group(row.name, account: call.account, region: call.region),
                    logGroupClass: row.groupClass)
            }, nextToken: token)
    }

    private func refuseLinkedAccounts(_ included: Bool?, _ accounts: [String]?, _ call: Call) throws {
        if included == true {
            throw AWSError.notImplemented(
                service: call.service, operation: call.operation, parameter: "includeLinkedAccounts")
        }
        if let accounts, accounts.contains(where: { $0 != call.account }) {
            throw AWSError.notImplemented(
                service: call.service, operation: call.operation, parameter: "accountIdentifiers")
        }
    }

    /// One page of groups that satisfy `isWanted`, and the token of the next.
    private func page(
        _ call: Call, prefix: String?, groupClass: String?, token: String?, query: String, limit: Int,
        _ isWanted: (LogGroupRow) -> Bool
    ) async throws -> ([LogGroupRow], String?) {
        var last: String?
        if let token {
            guard let parts = PageToken(token, scope: query)?.position, parts.count == 1 else { throw Self.badToken }
            last = parts[0]
        }
        await sink.settle(account: call.account, region: call.region)
        var found: [LogGroupRow] = []
        while true {
            let rows = try await groups.list(
                account: call.account, region: call.region, prefix: prefix, groupClass: groupClass, after: last,
                limit: 500)
            for row in rows where isWanted(row) {
                if found.count == limit {
                    return (found, PageToken(scope: query, position: [found[limit - 1].name]).text)
                }
                found.append(row)
            }
            guard rows.count == 500, let name = rows.last?.name else { return (found, nil) }
            last = name
        }
    }

    /// A group as DescribeLogGroups shows it. A search by pattern shows no sizes, as on AWS.
    private func shape(_ row: LogGroupRow, _ call: Call, withSize: Bool) -> LogGroup {
        let arn = LogARN.group(row.name, account: call.account, region: call.region)
        let stored = withSize ? Int64(row.storedBytes + events.index.withLock { $0.storedBytes(row.id) }) : nil
        return LogGroup(
            logGroupName: row.name, creationTime: row.created, retentionInDays: row.retention, metricFilterCount: 0,
            arn: arn + ":*",
            storedBytes: stored, logGroupClass: row.groupClass, logGroupArn: arn)
    }

    public func putRetentionPolicy(_ input: PutRetentionPolicyRequest, _ call: Call) async throws {
        guard RetentionDays.allowed.contains(input.retentionInDays) else {
            throw LogsError.invalidParameterException(RetentionDays.refusal)
        }
        try await groups.setRetention(input.retentionInDays, group: try await group(input.logGroupName, call).id)
    }

    public func deleteRetentionPolicy(_ input: DeleteRetentionPolicyRequest, _ call: Call) async throws {
        try await groups.setRetention(nil, group: try await group(input.logGroupName, call).id)
    }
}

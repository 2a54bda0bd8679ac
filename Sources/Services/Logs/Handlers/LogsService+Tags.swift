public import ServiceKit

extension LogsService {
    private static let maximumTags = 50

    static func validate(_ keys: some Sequence<String>) throws {
        if keys.contains(where: { $0.lowercased().hasPrefix("aws:") }) {
            throw LogsError.invalidParameterException("aws: prefixed tag key names are not allowed for external use.")
        }
    }

    /// The group that a tagging operation means by its ARN, which must not end with `:*`.
    private func tagged(_ arn: String, _ call: Call) async throws -> LogGroupRow {
        guard arn.hasPrefix("arn:"), !arn.hasSuffix(":*"), let (name, account, region) = LogGroupIdentifier.parse(arn)
        else {
            throw LogsError.invalidParameterException("The specified resource ARN is invalid.")
        }
        await sink.settle(account: call.account, region: call.region, group: name)
        guard account == call.account, region == call.region,
            let row = try await groups.find(account: call.account, region: call.region, name: name)
        else { throw LogsError.resourceNotFoundException("The specified resource does not exist.") }
        return row
    }

    public func tagResource(_ input: TagResourceRequest, _ call: Call) async throws {
        try Self.validate(input.tags.keys)
        let group = try await tagged(input.resourceArn, call)
        if try await !groups.addTags(input.tags, group: group.id, limit: Self.maximumTags) {
            throw LogsError.tooManyTagsException(
                "The resource has too many tags: at most \(Self.maximumTags) are allowed.",
                resourceName: input.resourceArn)
        }
    }

    public func untagResource(_ input: UntagResourceRequest, _ call: Call) async throws {
        try await groups.removeTags(input.tagKeys, group: try await tagged(input.resourceArn, call).id)
    }

    public func listTagsForResource(_ input: ListTagsForResourceRequest, _ call: Call) async throws
        -> ListTagsForResourceResponse
    {
        ListTagsForResourceResponse(tags: try await groups.tags(try await tagged(input.resourceArn, call).id))
    }

    public func tagLogGroup(_ input: TagLogGroupRequest, _ call: Call) async throws {
        try Self.validate(input.tags.keys)
        let group = try await group(input.logGroupName, call)
        if try await !groups.addTags(input.tags, group: group.id, limit: Self.maximumTags) {
            throw LogsError.invalidParameterException(
                "The log group has too many tags: at most \(Self.maximumTags) are allowed.")
        }
    }

    public func untagLogGroup(_ input: UntagLogGroupRequest, _ call: Call) async throws {
        try await groups.removeTags(input.tags, group: try await group(input.logGroupName, call).id)
    }

    public func listTagsLogGroup(_ input: ListTagsLogGroupRequest, _ call: Call) async throws
        -> ListTagsLogGroupResponse
    {
        ListTagsLogGroupResponse(tags: try await groups.tags(try await group(input.logGroupName, call).id))
    }
}

public import ServiceKit
import ServiceModel

extension SNSService {
    public func createTopic(_ input: CreateTopicInput, _ call: Call) async throws -> CreateTopicResponse {
        let given = input.attributes ?? [:]
        try TopicName.check(input.name, isFIFO: given["FifoTopic"] == "true")
        let key = TopicKey(account: call.account, region: call.region, name: input.name)
        var topic = TopicRecord(key: key, id: Int64.random(in: 1 ... .max))
        topic.attributes = try TopicAttributes.created(given, key, operation: call.operation)
        topic.tags = try SNSTags.checked(input.tags ?? [])
        if let policy = input.dataProtectionPolicy, !policy.isEmpty {
            try DataProtectionPolicy.check(policy)
            topic.dataProtectionPolicy = policy
        }
        guard let known = try await topics.create(topic, limit: 100_000) else {
            return CreateTopicResponse(topicArn: key.arn)
        }
        // As often as one likes, as long as what is asked for is what is there.
        for (name, value) in topic.attributes where known.attributes[name] != value {
            throw SNSFailures.invalid("Attributes", reason: "Topic already exists with different attributes")
        }
        guard topic.tags.allSatisfy(known.tags.contains) else {
            throw SNSFailures.invalid("Tags", reason: "Topic already exists with different tags")
        }
        return CreateTopicResponse(topicArn: key.arn)
    }

    /// No error if there is no such topic.
    public func deleteTopic(_ input: DeleteTopicInput, _ call: Call) async throws {
        let key = try TopicKey(parsing: input.topicArn, region: call.region)
        guard let topic = try await topics.find(key) else { return }
        try authorize("DeleteTopic", topic, call)
        try await topics.delete(key, now: time.now.milliseconds)
        snapshots.forget(key)
    }

    public func listTopics(_ input: ListTopicsInput, _ call: Call) async throws -> ListTopicsResponse {
        let after = try position(input.nextToken, scope: "ListTopics")[0]
        let found = try await topics.list(
            account: call.account, region: call.region, after: after, limit: Self.pageSize + 1)
        let page = Page(found: found, size: Self.pageSize, scope: "ListTopics") { [$0.name] }
        return ListTopicsResponse(topics: page.items.map { Topic(topicArn: $0.arn) }, nextToken: page.next)
    }

    public func getTopicAttributes(_ input: GetTopicAttributesInput, _ call: Call) async throws
        -> GetTopicAttributesResponse
    {
        let topic = try await topic(input.topicArn, "GetTopicAttributes", call)
        let counts = try await subscriptions.counts(topicID: topic.id)
        return GetTopicAttributesResponse(attributes: topic.shown(confirmed: counts.confirmed, pending: counts.pending))
    }

    public func setTopicAttributes(_ input: SetTopicAttributesInput, _ call: Call) async throws {
        let topic = try await topic(input.topicArn, "SetTopicAttributes", call)
        let operation = call.operation
        try await change(topic.key) { topic in
            try TopicAttributes.set(input.attributeName, input.attributeValue, on: &topic, operation: operation)
        }
    }

    // MARK: Policies

    public func addPermission(_ input: AddPermissionInput, _ call: Call) async throws {
        let topic = try await topic(input.topicArn, "AddPermission", call)
        guard !input.label.isEmpty else { throw SNSFailures.missing("Label") }
        guard !input.awsAccountId.isEmpty else { throw SNSFailures.missing("AWSAccountId") }
        guard !input.actionName.isEmpty else { throw SNSFailures.missing("ActionName") }
        try await change(topic.key) { topic in
            topic.attributes["Policy"] = try TopicPolicy.adding(
                input.label, accounts: input.awsAccountId, actions: input.actionName, to: topic.policyText, topic.key)
        }
    }

    public func removePermission(_ input: RemovePermissionInput, _ call: Call) async throws {
        let topic = try await topic(input.topicArn, "RemovePermission", call)
        guard !input.label.isEmpty else { throw SNSFailures.missing("Label") }
        try await change(topic.key) { topic in
            let kept = TopicPolicy.removing(input.label, from: topic.policyText)
            if kept != topic.policyText { topic.attributes["Policy"] = kept }
        }
    }

    public func getDataProtectionPolicy(_ input: GetDataProtectionPolicyInput, _ call: Call) async throws
        -> GetDataProtectionPolicyResponse
    {
        let topic = try await topic(input.resourceArn, "GetDataProtectionPolicy", call, parameter: "ResourceArn")
        return GetDataProtectionPolicyResponse(dataProtectionPolicy: topic.dataProtectionPolicy)
    }

    public func putDataProtectionPolicy(_ input: PutDataProtectionPolicyInput, _ call: Call) async throws {
        let topic = try await topic(input.resourceArn, "PutDataProtectionPolicy", call, parameter: "ResourceArn")
        if !input.dataProtectionPolicy.isEmpty { try DataProtectionPolicy.check(input.dataProtectionPolicy) }
        try await change(topic.key) { $0.dataProtectionPolicy = input.dataProtectionPolicy }
    }

    // MARK: Tags

    public func tagResource(_ input: TagResourceRequest, _ call: Call) async throws -> TagResourceResponse {
        let key = try await tagged(input.resourceArn, "TagResource", call)
        let added = try SNSTags.checked(input.tags)
        try await change(key) { topic in topic.tags = try SNSTags.merging(added, into: topic.tags) }
        return TagResourceResponse()
    }

    public func untagResource(_ input: UntagResourceRequest, _ call: Call) async throws -> UntagResourceResponse {
        let key = try await tagged(input.resourceArn, "UntagResource", call)
        try await change(key) { $0.tags = TagRules.standard.removing(input.tagKeys, from: $0.tags) }
        return UntagResourceResponse()
    }

    public func listTagsForResource(_ input: ListTagsForResourceRequest, _ call: Call) async throws
        -> ListTagsForResourceResponse
    {
        let key = try await tagged(input.resourceArn, "ListTagsForResource", call)
        guard let topic = try await topics.find(key) else { throw SNSFailures.resourceNotFound }
        return ListTagsForResourceResponse(tags: topic.tags.map { Tag(key: $0.key, value: $0.value) })
    }

    private func tagged(_ text: String, _ action: String, _ call: Call) async throws -> TopicKey {
        do {
            return try await topic(text, action, call, parameter: "ResourceArn").key
        } catch let error as AWSError where error.code == "NotFound" {
            throw SNSFailures.resourceNotFound
        }
    }
}

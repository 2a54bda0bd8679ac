public import ServiceKit

extension LambdaService {
    public func listTags(_ input: ListTagsRequest, _ call: Call) async throws -> ListTagsResponse {
        let key = try Self.taggable(input.resource, call)
        guard let tags = try await store.read({ try $0.tags(key) }) else {
            throw LambdaFailures.functionNotFound(key.arn)
        }
        return ListTagsResponse(tags: tags)
    }

    public func tagResource(_ input: TagResourceRequest, _ call: Call) async throws {
        let key = try Self.taggable(input.resource, call)
        try await changeTags(key) { tags in
            tags.merge(input.tags) { $1 }
            try FunctionTags.validate(tags)
        }
    }

    public func untagResource(_ input: UntagResourceRequest, _ call: Call) async throws {
        let key = try Self.taggable(input.resource, call)
        try await changeTags(key) { tags in
            for name in input.tagKeys { tags[name] = nil }
        }
    }

    /// A change of tags gives the function a new revision id, as on AWS; its code and configuration stay as they are.
    private func changeTags(
        _ key: FunctionKey, _ edit: @escaping @Sendable (inout [String: String]) throws -> Void
    ) async throws {
        let revision = newID()
        try await change(key) {
            try await self.store.write { transaction in
                guard var tags = try transaction.tags(key), var latest = try transaction.version(key, latestVersion)
                else { throw LambdaFailures.functionNotFound(key.arn) }
                try edit(&tags)
                try transaction.setTags(key, tags)
                latest.revisionID = revision
                try transaction.update(latest)
            }
            try await self.reload(key)
        }
    }

    /// The function that an ARN of a taggable resource names. There are no other such resources yet.
    private static func taggable(_ arn: String, _ call: Call) throws -> FunctionKey {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        if parts.count == 6 {
            if parts[5].hasPrefix("event-source-mapping:") {
                throw LambdaFailures.notFound("Event source mapping not found: \(arn)")
            }
            if parts[5].hasPrefix("capacity-provider:") {
                throw LambdaFailures.notFound("Capacity provider not found: \(arn)")
            }
            if parts[5].hasPrefix("code-signing-config:") {
                throw LambdaFailures.notFound("Code signing configuration not found: \(arn)")
            }
            if parts[5].hasPrefix("layer:") { throw LambdaFailures.notFound("Layer not found: \(arn)") }
        }
        let target = try FunctionTarget(arn, in: call)
        guard target.qualifier == nil else {
            throw LambdaFailures.invalidParameter(
                "Tags on function aliases and versions are not supported. Please specify a function ARN.")
        }
        return target.key
    }
}

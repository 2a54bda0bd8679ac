public import ServiceKit

extension LambdaService {
    public func listTags(_ input: ListTagsRequest, _ call: Call) async throws -> ListTagsResponse {
        let resource = try TaggedResource(input.resource, in: call)
        guard let tags = try await store.read({ try $0.tags(resource) }) else { throw resource.notFound }
        return ListTagsResponse(tags: tags)
    }

    public func tagResource(_ input: TagResourceRequest, _ call: Call) async throws {
        try await changeTags(try TaggedResource(input.resource, in: call)) { tags in
            tags.merge(input.tags) { $1 }
            try FunctionTags.validate(tags)
        }
    }

    public func untagResource(_ input: UntagResourceRequest, _ call: Call) async throws {
        try await changeTags(try TaggedResource(input.resource, in: call)) { tags in
            for name in input.tagKeys { tags[name] = nil }
        }
    }

    private func changeTags(
        _ resource: TaggedResource, _ edit: @escaping @Sendable (inout [String: String]) throws -> Void
    ) async throws {
        if case .function(let key) = resource { return try await changeTags(key, edit) }
        try await store.write { transaction in
            guard var tags = try transaction.tags(resource) else { throw resource.notFound }
            try edit(&tags)
            try transaction.setTags(resource, tags)
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
}

public import ServiceKit

extension LambdaService {
    public func publishVersion(_ input: PublishVersionRequest, _ call: Call) async throws -> FunctionConfiguration {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        try UnsupportedParameters(operation: call.operation).refuse("PublishTo", if: input.publishTo != nil)
        return try await change(key) {
            try self.refuseWhileSettling(key)
            let version = try await self.publishing(key) { packaged in
                try await self.store.write { transaction in
                    guard let latest = try transaction.version(key, latestVersion) else {
                        throw LambdaFailures.functionNotFound(key.arn)
                    }
                    if let revision = input.revisionId, revision != latest.revisionID {
                        throw LambdaFailures.revisionMismatch
                    }
                    if let given = input.codeSha256, !given.isEmpty, given != latest.codeSha256 {
                        throw LambdaFailures.invalidParameter(
                            "CodeSHA256 (\(given)) is different from current CodeSHA256 in $LATEST "
                                + "(\(latest.codeSha256)). Please try again with the CodeSHA256 in $LATEST.")
                    }
                    if let packaged, packaged.revisionID != latest.revisionID {
                        throw LambdaFailures.updateInProgress(key.arn)
                    }
                    return try self.publish(transaction, packaged ?? latest, description: input.description)
                }
            }
            try await self.reload(key)
            return FunctionConfiguration(version, arn: version.arn, state: .settled)
        }
    }

    /// Publishes `latest`, unless nothing has changed since the last version: then that is the answer.
    func publish(_ transaction: LambdaTransaction, _ latest: VersionRecord, description: String?) throws
        -> VersionRecord
    {
        if let last = try transaction.versions(latest.key).last, last.version != latestVersion,
            last.wasPublished(from: latest)
        {
            return last
        }
        let number = try transaction.takeVersionNumber(latest.key)
        let version = published(latest, number: number, description: description)
        try transaction.insert(version)
        try transaction.count(latest.key, functions: 0, codeBytes: version.codeSize)
        return version
    }

    public func listVersionsByFunction(
        _ input: ListVersionsByFunctionRequest, _ call: Call
    ) async throws -> ListVersionsByFunctionResponse {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        let size = PageMarker.size(input.maxItems)
        let after = try PageMarker.decode(input.marker, of: call, count: 1).map { try PageMarker.ordinal($0[0]) }
        let versions = try await store.read { transaction in
            guard try transaction.exists(key) else { throw LambdaFailures.functionNotFound(key.arn) }
            return try transaction.versions(key, after: after, limit: size + 1)
        }
        let page = Page(found: versions, size: size, scope: call.operation) { [$0.marker] }
        return ListVersionsByFunctionResponse(
            nextMarker: page.next,
            versions: page.items.map { FunctionConfiguration($0, arn: $0.arn) })
    }
}

extension VersionRecord {
    /// The version's number as page markers hold it.
    var marker: String { version == latestVersion ? "0" : version }
}

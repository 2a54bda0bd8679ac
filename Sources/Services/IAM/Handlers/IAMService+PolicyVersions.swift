public import ServiceKit
import ServiceModel

extension IAMService {
    public func createPolicyVersion(_ input: CreatePolicyVersionRequest, _ call: Call) async throws
        -> CreatePolicyVersionResponse
    {
        let reference = try PolicyReference(input.policyArn)
        try Self.checkManaged(input.policyDocument)
        let now = time.now
        let isDefault = input.setAsDefault == true
        let number = try await store.write(call.account) { rows in
            var policy = try rows.changeablePolicy(reference, input.policyArn, call)
            guard try rows.versions(of: policy).count < IAMQuotas.versionsPerPolicy else {
                throw IAMError.limitExceededException(
                    """
                    A managed policy can have up to \(IAMQuotas.versionsPerPolicy) versions. Before you create a new version, you must \
                    delete an existing version.
                    """)
            }
            policy.lastVersion += 1
            policy.updated = now
            if isDefault { policy.defaultVersion = policy.lastVersion }
            try rows.insert(
                PolicyVersionRecord(number: policy.lastVersion, document: input.policyDocument, created: now),
                of: policy)
            try rows.update(policy)
            return policy.lastVersion
        }
        return CreatePolicyVersionResponse(
            policyVersion: PolicyVersion(versionId: "v\(number)", isDefaultVersion: isDefault, createDate: now))
    }

    public func getPolicyVersion(_ input: GetPolicyVersionRequest, _ call: Call) async throws
        -> GetPolicyVersionResponse
    {
        let reference = try PolicyReference(input.policyArn)
        if case .aws(let policy) = reference {
            return GetPolicyVersionResponse(policyVersion: try Self.version(input.versionId, of: policy))
        }
        let (policy, version) = try await store.read(call.account) { rows in
            let policy = try rows.policy(reference, input.policyArn)
            return (policy, try rows.version(input.versionId, of: policy))
        }
        return GetPolicyVersionResponse(
            policyVersion: PolicyVersion(
                document: PercentCoding.encode(version.document), versionId: "v\(version.number)",
                isDefaultVersion: version.number == policy.defaultVersion, createDate: version.created))
    }

    private static func version(_ id: String, of policy: AWSManagedPolicy) throws(AWSError) -> PolicyVersion {
        guard let content = policy.content else {
            throw AWSError(
                "NotImplemented", status: 501,
                message: "The document of the AWS managed policy \(policy.arn) is not included in Martlet.")
        }
        guard id == policy.defaultVersionID else { throw .noSuchVersion(policy.arn, id) }
        return PolicyVersion(
            document: PercentCoding.encode(content.document), versionId: id, isDefaultVersion: true,
            createDate: content.updated)
    }

    public func listPolicyVersions(_ input: ListPolicyVersionsRequest, _ call: Call) async throws
        -> ListPolicyVersionsResponse
    {
        let reference = try PolicyReference(input.policyArn)
        let versions: [PolicyVersion]
        if case .aws(let policy) = reference {
            versions = [
                PolicyVersion(
                    versionId: policy.defaultVersionID, isDefaultVersion: true, createDate: policy.content?.updated)
            ]
        } else {
            versions = try await store.read(call.account) { rows in
                let policy = try rows.policy(reference, input.policyArn)
                return try rows.versions(of: policy).map {
                    PolicyVersion(
                        versionId: "v\($0.number)", isDefaultVersion: $0.number == policy.defaultVersion,
                        createDate: $0.created)
                }
            }
        }
        // A policy has at most five versions, and numbers fall: the position is how many have been shown.
        let indexed = versions.enumerated().map { (index: String($0.offset), version: $0.element) }
        let page = try Self.page(
            indexed, marker: input.marker, size: input.maxItems, scope: "ListPolicyVersions \(input.policyArn)"
        ) { [$0.index] }
        return ListPolicyVersionsResponse(
            versions: page.items.map(\.version), isTruncated: page.next != nil, marker: page.next)
    }

    public func deletePolicyVersion(_ input: DeletePolicyVersionRequest, _ call: Call) async throws {
        let reference = try PolicyReference(input.policyArn)
        try await store.write(call.account) { rows in
            let policy = try rows.changeablePolicy(reference, input.policyArn, call)
            let version = try rows.version(input.versionId, of: policy)
            guard version.number != policy.defaultVersion else {
                throw IAMError.deleteConflictException("Cannot delete the default version of a policy.")
            }
            try rows.delete(version: version.number, of: policy)
        }
    }

    public func setDefaultPolicyVersion(_ input: SetDefaultPolicyVersionRequest, _ call: Call) async throws {
        let reference = try PolicyReference(input.policyArn)
        let now = time.now
        try await store.write(call.account) { rows in
            var policy = try rows.changeablePolicy(reference, input.policyArn, call)
            policy.defaultVersion = try rows.version(input.versionId, of: policy).number
            policy.updated = now
            try rows.update(policy)
        }
    }
}

extension IAMRows {
    /// - Throws: `NoSuchEntity`.
    fileprivate func version(_ id: String, of policy: PolicyRecord) throws -> PolicyVersionRecord {
        guard let number = PolicyVersionRecord.number(id),
            let version = try versions(of: policy).first(where: { $0.number == number })
        else { throw AWSError.noSuchVersion(policy.arn, id) }
        return version
    }
}

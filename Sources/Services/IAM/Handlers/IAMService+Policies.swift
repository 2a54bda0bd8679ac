public import ServiceKit
import ServiceModel

extension IAMService {
    public func createPolicy(_ input: CreatePolicyRequest, _ call: Call) async throws -> CreatePolicyResponse {
        let tags = input.tags ?? []
        try IAMTags.check(tags)
        try Self.checkManaged(input.policyDocument)
        let now = time.now
        let policy = PolicyRecord(
            account: call.account, name: input.policyName, path: input.path ?? "/",
            id: UniqueID.make(.managedPolicy, account: call.account), description: input.description, defaultVersion: 1,
            lastVersion: 1, created: now, updated: now)
        try await store.write(call.account) { rows in
            let isFull = try rows.policyCount() >= IAMQuotas.customerPoliciesPerAccount
            guard try rows.insert(policy) else {
                throw IAMError.entityAlreadyExistsException(
                    "A policy called \(policy.name) already exists. Duplicate names are not allowed.")
            }
            if isFull {
                throw IAMError.limitExceededException(
                    "Cannot exceed quota for PoliciesPerAccount: \(IAMQuotas.customerPoliciesPerAccount)")
            }
            try rows.insert(PolicyVersionRecord(number: 1, document: input.policyDocument, created: now), of: policy)
            try rows.replaceTags(tags, of: .policy(policy.name))
        }
        var answer = Policy(policy, attachments: 0, boundaries: 0)
        answer.tags = tags.isEmpty ? nil : tags
        return CreatePolicyResponse(policy: answer)
    }

    public func getPolicy(_ input: GetPolicyRequest, _ call: Call) async throws -> GetPolicyResponse {
        let reference = try PolicyReference(input.policyArn)
        let answer = try await store.read(call.account) { rows in
            let attachments = try rows.attachmentCount(input.policyArn)
            let boundaries = try rows.boundaryCount(input.policyArn)
            if case .aws(let policy) = reference {
                var answer = Policy(policy, attachments: attachments, boundaries: boundaries)
                answer.tags = []
                return answer
            }
            let policy = try rows.policy(reference, input.policyArn)
            var answer = Policy(policy, attachments: attachments, boundaries: boundaries)
            answer.description = policy.description
            answer.tags = try rows.tags(of: .policy(policy.name))
            return answer
        }
        return GetPolicyResponse(policy: answer)
    }

    public func listPolicies(_ input: ListPoliciesRequest, _ call: Call) async throws -> ListPoliciesResponse {
        let scope = input.scope ?? "All"
        var policies = try await store.read(call.account) { rows in
            let attachments = try rows.attachmentCounts()
            let boundaries = try rows.boundaryCounts()
            var policies: [Policy] = []
            if scope != "AWS" {
                policies += try rows.policies(pathPrefix: input.pathPrefix).map {
                    Policy($0, attachments: attachments[$0.arn] ?? 0, boundaries: boundaries[$0.arn] ?? 0)
                }
            }
            if scope != "Local" {
                policies += AWSManagedPolicies.all.filter { $0.path.hasPrefix(input.pathPrefix ?? "/") }.map {
                    Policy($0, attachments: attachments[$0.arn] ?? 0, boundaries: boundaries[$0.arn] ?? 0)
                }
            }
            return policies
        }
        switch (input.onlyAttached == true, input.policyUsageFilter) {
        case (_, "PermissionsBoundary"): policies = policies.filter { ($0.permissionsBoundaryUsageCount ?? 0) > 0 }
        case (true, "PermissionsPolicy"): policies = policies.filter { ($0.attachmentCount ?? 0) > 0 }
        case (true, _):
            policies = policies.filter { ($0.attachmentCount ?? 0) > 0 || ($0.permissionsBoundaryUsageCount ?? 0) > 0 }
        case (_, "PermissionsPolicy"): policies = policies.filter { ($0.attachmentCount ?? 0) > 0 }
        default: break
        }
        let key = { (policy: Policy) in [policy.policyName?.lowercased() ?? "", policy.arn ?? ""] }
        policies.sort { key($0).lexicographicallyPrecedes(key($1)) }
        let filters = [
            scope, input.pathPrefix ?? "", input.policyUsageFilter ?? "", input.onlyAttached == true ? "attached" : "",
        ]
        let page = try Self.page(
            policies, marker: input.marker, size: input.maxItems,
            scope: "ListPolicies \(filters.joined(separator: " "))", key: key)
        return ListPoliciesResponse(policies: page.items, isTruncated: page.next != nil, marker: page.next)
    }

    public func deletePolicy(_ input: DeletePolicyRequest, _ call: Call) async throws {
        let reference = try PolicyReference(input.policyArn)
        try await store.write(call.account) { rows in
            let policy = try rows.changeablePolicy(reference, input.policyArn, call)
            guard try rows.attachmentCount(policy.arn) == 0, try rows.boundaryCount(policy.arn) == 0 else {
                throw IAMError.deleteConflictException("Cannot delete a policy attached to entities.")
            }
            guard try rows.versions(of: policy).count <= 1 else {
                throw IAMError.deleteConflictException(
                    """
                    This policy has more than one version. Before you delete a policy, you must delete the policy's versions. \
                    The default version is deleted with the policy.
                    """)
            }
            try rows.delete(policy)
        }
    }

    public func listEntitiesForPolicy(_ input: ListEntitiesForPolicyRequest, _ call: Call) async throws
        -> ListEntitiesForPolicyResponse
    {
        let reference = try PolicyReference(input.policyArn)
        let wantsRoles =
            input.entityFilter == nil || input.entityFilter == "Role" || input.entityFilter == "AWSManagedPolicy"
            || input.entityFilter == "LocalManagedPolicy"
        let roles = try await store.read(call.account) { rows in
            guard try rows.exists(reference) else { throw AWSError.noSuchPolicy(input.policyArn) }
            var roles: [PolicyRole] = []
            guard wantsRoles else { return roles }
            if input.policyUsageFilter != "PermissionsBoundary" {
                roles += try rows.roles(attached: input.policyArn, pathPrefix: input.pathPrefix)
                    .map { PolicyRole(roleName: $0.name, roleId: $0.id) }
            }
            if input.policyUsageFilter != "PermissionsPolicy" {
                roles += try rows.roles(boundedBy: input.policyArn, pathPrefix: input.pathPrefix)
                    .map { PolicyRole(roleName: $0.name, roleId: $0.id) }
            }
            return roles
        }
        // A role may use the policy in both ways; it is one entity.
        let unique = Dictionary(roles.map { ($0.roleId ?? "", $0) }, uniquingKeysWith: { first, _ in first }).values
        let filters = [
            input.policyArn, input.entityFilter ?? "", input.policyUsageFilter ?? "", input.pathPrefix ?? "",
        ]
        let page = try Self.page(
            unique.sorted { ($0.roleName ?? "") < ($1.roleName ?? "") }, marker: input.marker, size: input.maxItems,
            scope: "ListEntitiesForPolicy \(filters.joined(separator: " "))"
        ) { [$0.roleName ?? ""] }
        return ListEntitiesForPolicyResponse(
            policyGroups: [], policyUsers: [], policyRoles: page.items, isTruncated: page.next != nil, marker: page.next
        )
    }

    // MARK: Tags

    public func tagPolicy(_ input: TagPolicyRequest, _ call: Call) async throws {
        try IAMTags.check(input.tags)
        let reference = try PolicyReference(input.policyArn)
        try await store.write(call.account) { rows in
            let owner = TagOwner.policy(try rows.changeablePolicy(reference, input.policyArn, call).name)
            try rows.replaceTags(try IAMTags.merging(input.tags, into: try rows.tags(of: owner)), of: owner)
        }
    }

    public func untagPolicy(_ input: UntagPolicyRequest, _ call: Call) async throws {
        let reference = try PolicyReference(input.policyArn)
        try await store.write(call.account) { rows in
            let owner = TagOwner.policy(try rows.changeablePolicy(reference, input.policyArn, call).name)
            try rows.replaceTags(IAMTags.removing(input.tagKeys, from: try rows.tags(of: owner)), of: owner)
        }
    }

    public func listPolicyTags(_ input: ListPolicyTagsRequest, _ call: Call) async throws -> ListPolicyTagsResponse {
        let reference = try PolicyReference(input.policyArn)
        let tags = try await store.read(call.account) { rows in
            if case .aws = reference { return [Tag]() }
            return try rows.tags(of: .policy(try rows.policy(reference, input.policyArn).name))
        }
        let page = try Self.page(
            tags.sorted { $0.key < $1.key }, marker: input.marker, size: input.maxItems,
            scope: "ListPolicyTags \(input.policyArn)"
        ) { [$0.key] }
        return ListPolicyTagsResponse(tags: page.items, isTruncated: page.next != nil, marker: page.next)
    }

    /// The rules for a managed policy's document.
    static func checkManaged(_ document: String) throws(AWSError) {
        try IdentityPolicy.check(document, .managed)
        guard IAMQuotas.size(ofPolicy: document) <= IAMQuotas.managedPolicySize else {
            throw IAMError.limitExceededException("Cannot exceed quota for PolicySize: \(IAMQuotas.managedPolicySize)")
        }
    }
}

extension IAMRows {
    /// A customer managed policy of this account.
    /// - Throws: `NoSuchEntity`.
    func policy(_ reference: PolicyReference, _ arn: String) throws -> PolicyRecord {
        guard case .customer(account, let path, let name) = reference,
            let policy = try findPolicy(path: path, name: name)
        else {
            throw AWSError.noSuchPolicy(arn)
        }
        return policy
    }

    /// A policy that the caller wants to change; AWS's own are not the caller's.
    func changeablePolicy(_ reference: PolicyReference, _ arn: String, _ call: Call) throws -> PolicyRecord {
        if case .aws = reference {
            throw AWSError.accessDenied(call.principal, call.operation, resource: "policy \(arn)")
        }
        return try policy(reference, arn)
    }
}

extension Policy {
    /// What lists show: neither description nor tags.
    fileprivate init(_ policy: PolicyRecord, attachments: Int, boundaries: Int) {
        self.init(
            policyName: policy.name, policyId: policy.id, arn: policy.arn, path: policy.path,
            defaultVersionId: "v\(policy.defaultVersion)", attachmentCount: attachments,
            permissionsBoundaryUsageCount: boundaries, isAttachable: true, createDate: policy.created,
            updateDate: policy.updated)
    }

    /// When AWS made a policy, and of some when it changed them, is not known here.
    fileprivate init(_ policy: AWSManagedPolicy, attachments: Int, boundaries: Int) {
        self.init(
            policyName: policy.name, policyId: policy.id, arn: policy.arn, path: policy.path,
            defaultVersionId: policy.defaultVersionID, attachmentCount: attachments,
            permissionsBoundaryUsageCount: boundaries,
            isAttachable: true, updateDate: policy.content?.updated)
    }
}

public import ServiceKit
import ServiceModel

extension IAMService {
    // MARK: Inline

    public func putRolePolicy(_ input: PutRolePolicyRequest, _ call: Call) async throws {
        try IdentityPolicy.check(input.policyDocument, .inline)
        try await store.write(call.account) { rows in
            let role = try rows.changeableRole(input.roleName)
            let others = try rows.inlinePolicies(of: role.name).filter { $0.name != input.policyName }
            let size = (others.map(\.document) + [input.policyDocument]).reduce(0) { $0 + IAMQuotas.size(ofPolicy: $1) }
            guard size <= IAMQuotas.inlinePolicySizePerRole else {
                throw IAMError.limitExceededException(
                    "Maximum policy size of \(IAMQuotas.inlinePolicySizePerRole) bytes exceeded for role \(role.name)")
            }
            try rows.putInlinePolicy(input.policyName, input.policyDocument, of: role.name)
        }
    }

    public func getRolePolicy(_ input: GetRolePolicyRequest, _ call: Call) async throws -> GetRolePolicyResponse {
        let (role, document) = try await store.read(call.account) { rows in
            let role = try rows.role(input.roleName)
            return (role, try rows.inlinePolicy(input.policyName, of: role.name))
        }
        guard let document else { throw Self.noSuchRolePolicy(input.policyName) }
        return GetRolePolicyResponse(
            roleName: role.name, policyName: input.policyName, policyDocument: PercentCoding.encode(document))
    }

    public func listRolePolicies(_ input: ListRolePoliciesRequest, _ call: Call) async throws
        -> ListRolePoliciesResponse
    {
        let names = try await store.read(call.account) { rows in
            try rows.inlinePolicies(of: try rows.role(input.roleName).name).map(\.name)
        }
        let page = try Self.page(
            names, marker: input.marker, size: input.maxItems, scope: "ListRolePolicies \(input.roleName)"
        ) { [$0] }
        return ListRolePoliciesResponse(policyNames: page.items, isTruncated: page.next != nil, marker: page.next)
    }

    public func deleteRolePolicy(_ input: DeleteRolePolicyRequest, _ call: Call) async throws {
        try await store.write(call.account) { rows in
            let role = try rows.changeableRole(input.roleName)
            guard try rows.deleteInlinePolicy(input.policyName, of: role.name) else {
                throw Self.noSuchRolePolicy(input.policyName)
            }
        }
    }

    private static func noSuchRolePolicy(_ name: String) -> AWSError {
        IAMError.noSuchEntityException("The role policy with name \(name) cannot be found.")
    }

    /// There are no instance profiles; tools ask for them before they delete a role.
    public func listInstanceProfilesForRole(
        _ input: ListInstanceProfilesForRoleRequest, _ call: Call
    ) async throws -> ListInstanceProfilesForRoleResponse {
        _ = try await store.read(call.account) { try $0.role(input.roleName) }
        return ListInstanceProfilesForRoleResponse(instanceProfiles: [], isTruncated: false)
    }

    // MARK: Managed

    public func attachRolePolicy(_ input: AttachRolePolicyRequest, _ call: Call) async throws {
        let policy = try PolicyReference(input.policyArn)
        try await store.write(call.account) { rows in
            let role = try rows.changeableRole(input.roleName)
            guard try rows.exists(policy) else { throw AWSError.notAttachable(input.policyArn) }
            let name: String
            switch policy {
            case .aws(let policy):
                guard policy.isAttachable else {
                    throw IAMError.policyNotAttachableException(
                        "Cannot attach a Service Role Policy to a Customer Role.")
                }
                name = policy.name
            case .customer(_, _, let policyName): name = policyName
            case .unknown: throw AWSError.notAttachable(input.policyArn)
            }
            let attached = try rows.attachments(of: role.name)
            if attached.contains(where: { $0.arn == input.policyArn }) { return }
            guard attached.count < IAMQuotas.policiesPerRole else {
                throw IAMError.limitExceededException(
                    "Cannot exceed quota for PoliciesPerRole: \(IAMQuotas.policiesPerRole)")
            }
            try rows.attach(input.policyArn, name: name, to: role.name)
        }
    }

    public func detachRolePolicy(_ input: DetachRolePolicyRequest, _ call: Call) async throws {
        _ = try PolicyReference(input.policyArn)
        try await store.write(call.account) { rows in
            let role = try rows.changeableRole(input.roleName)
            guard try rows.detach(input.policyArn, from: role.name) else {
                throw AWSError.noSuchPolicy(input.policyArn)
            }
        }
    }

    public func listAttachedRolePolicies(
        _ input: ListAttachedRolePoliciesRequest, _ call: Call
    ) async throws -> ListAttachedRolePoliciesResponse {
        var attached = try await store.read(call.account) { rows in
            try rows.attachments(of: try rows.role(input.roleName).name)
                .map { AttachedPolicy(policyName: $0.name, policyArn: $0.arn) }
        }
        if let prefix = input.pathPrefix {
            attached = attached.filter {
                ($0.policyArn?.split(separator: ":policy", maxSplits: 1).last ?? "").hasPrefix(prefix)
            }
        }
        let page = try Self.page(
            attached, marker: input.marker, size: input.maxItems,
            scope: "ListAttachedRolePolicies \(input.roleName) \(input.pathPrefix ?? "")"
        ) { [$0.policyName ?? "", $0.policyArn ?? ""] }
        return ListAttachedRolePoliciesResponse(
            attachedPolicies: page.items, isTruncated: page.next != nil, marker: page.next)
    }
}

public import ServiceKit
import ServiceModel

extension IAMService {
    public func createRole(_ input: CreateRoleRequest, _ call: Call) async throws -> CreateRoleResponse {
        let tags = input.tags ?? []
        try IAMTags.check(tags)
        let trusted = try TrustPolicy.check(input.assumeRolePolicyDocument)
        let boundary = try input.permissionsBoundary.map { ($0, try PolicyReference($0)) }
        let role = RoleRecord(
            account: call.account, name: input.roleName, path: input.path ?? "/",
            id: UniqueID.make(.role, account: call.account),
            trustPolicy: input.assumeRolePolicyDocument, description: input.description,
            maxSessionDuration: input.maxSessionDuration ?? 3600, permissionsBoundary: input.permissionsBoundary,
            linkedService: nil,
            created: time.now)
        try await store.write(call.account) { rows in
            try rows.checkTrusted(trusted)
            if let (arn, policy) = boundary, try !rows.exists(policy) {
                throw IAMError.noSuchEntityException("Scope ARN: \(arn) does not exist or is not attachable.")
            }
            let isFull = try rows.roleCount() >= IAMQuotas.rolesPerAccount
            guard try rows.insert(role) else {
                throw IAMError.entityAlreadyExistsException("Role with name \(role.name) already exists.")
            }
            if isFull {
                throw IAMError.limitExceededException(
                    "Cannot exceed quota for RolesPerAccount: \(IAMQuotas.rolesPerAccount)")
            }
            try rows.replaceTags(tags, of: .role(role.name))
        }
        return CreateRoleResponse(role: Role(created: role, tags: tags))
    }

    public func getRole(_ input: GetRoleRequest, _ call: Call) async throws -> GetRoleResponse {
        let (role, tags) = try await store.read(call.account) { rows in
            let role = try rows.role(input.roleName)
            return (role, try rows.tags(of: .role(role.name)))
        }
        return GetRoleResponse(role: Role(detailed: role, tags: tags))
    }

    public func listRoles(_ input: ListRolesRequest, _ call: Call) async throws -> ListRolesResponse {
        let scope = "ListRoles \(input.pathPrefix ?? "")"
        let after = try Self.position(input.marker, scope: scope)?.first
        let size = input.maxItems ?? Self.pageSize
        let found = try await store.read(call.account) { rows in
            try rows.roles(pathPrefix: input.pathPrefix, after: after, limit: size + 1)
        }
        let page = Page(found: found, size: size, scope: scope) { [$0.name.lowercased()] }
        return ListRolesResponse(
            roles: page.items.map(Role.init(listed:)), isTruncated: page.next != nil, marker: page.next)
    }

    public func updateRole(_ input: UpdateRoleRequest, _ call: Call) async throws -> UpdateRoleResponse {
        try await store.write(call.account) { rows in
            var role = try rows.role(input.roleName)
            // Of a service-linked role only the description may be changed.
            if input.maxSessionDuration != nil, role.linkedService != nil { throw AWSError.protectedRole(role.name) }
            role.description = input.description ?? role.description
            role.maxSessionDuration = input.maxSessionDuration ?? role.maxSessionDuration
            try rows.update(role)
        }
        return UpdateRoleResponse()
    }

    public func updateRoleDescription(_ input: UpdateRoleDescriptionRequest, _ call: Call) async throws
        -> UpdateRoleDescriptionResponse
    {
        let role = try await store.write(call.account) { rows in
            var role = try rows.role(input.roleName)
            role.description = input.description
            try rows.update(role)
            return role
        }
        var answer = Role(listed: role)
        answer.maxSessionDuration = nil
        return UpdateRoleDescriptionResponse(role: answer)
    }

    public func updateAssumeRolePolicy(_ input: UpdateAssumeRolePolicyRequest, _ call: Call) async throws {
        let trusted = try TrustPolicy.check(input.policyDocument)
        try await store.write(call.account) { rows in
            var role = try rows.changeableRole(input.roleName)
            try rows.checkTrusted(trusted)
            role.trustPolicy = input.policyDocument
            try rows.update(role)
        }
    }

    public func deleteRole(_ input: DeleteRoleRequest, _ call: Call) async throws {
        try await store.write(call.account) { rows in
            let role = try rows.changeableRole(input.roleName)
            guard try rows.attachments(of: role.name).isEmpty else {
                throw IAMError.deleteConflictException("Cannot delete entity, must detach all policies first.")
            }
            guard try rows.inlinePolicies(of: role.name).isEmpty else {
                throw IAMError.deleteConflictException("Cannot delete entity, must delete policies first.")
            }
            try rows.delete(role)
        }
    }

    // MARK: Permissions boundary

    public func putRolePermissionsBoundary(_ input: PutRolePermissionsBoundaryRequest, _ call: Call) async throws {
        let policy = try PolicyReference(input.permissionsBoundary)
        try await store.write(call.account) { rows in
            var role = try rows.changeableRole(input.roleName)
            guard try rows.exists(policy) else { throw AWSError.notAttachable(input.permissionsBoundary) }
            role.permissionsBoundary = input.permissionsBoundary
            try rows.update(role)
        }
    }

    public func deleteRolePermissionsBoundary(_ input: DeleteRolePermissionsBoundaryRequest, _ call: Call) async throws
    {
        try await store.write(call.account) { rows in
            var role = try rows.changeableRole(input.roleName)
            guard role.permissionsBoundary != nil else {
                throw IAMError.noSuchEntityException(
                    "The role with name \(role.name) does not have a permissions boundary.")
            }
            role.permissionsBoundary = nil
            try rows.update(role)
        }
    }

    // MARK: Tags

    public func tagRole(_ input: TagRoleRequest, _ call: Call) async throws {
        try IAMTags.check(input.tags)
        try await store.write(call.account) { rows in
            let owner = TagOwner.role(try rows.changeableRole(input.roleName).name)
            try rows.replaceTags(try IAMTags.merging(input.tags, into: try rows.tags(of: owner)), of: owner)
        }
    }

    public func untagRole(_ input: UntagRoleRequest, _ call: Call) async throws {
        try await store.write(call.account) { rows in
            let owner = TagOwner.role(try rows.changeableRole(input.roleName).name)
            try rows.replaceTags(IAMTags.removing(input.tagKeys, from: try rows.tags(of: owner)), of: owner)
        }
    }

    public func listRoleTags(_ input: ListRoleTagsRequest, _ call: Call) async throws -> ListRoleTagsResponse {
        let tags = try await store.read(call.account) { rows in
            try rows.tags(of: .role(try rows.role(input.roleName).name))
        }
        let page = try Self.page(
            tags.sorted { $0.key < $1.key }, marker: input.marker, size: input.maxItems,
            scope: "ListRoleTags \(input.roleName)"
        ) { [$0.key] }
        return ListRoleTagsResponse(tags: page.items, isTruncated: page.next != nil, marker: page.next)
    }
}

extension IAMRows {
    /// Checks that the roles of this account that a trust policy names exist. Those of other accounts can't be seen
    /// from here.
    func checkTrusted(_ arns: [ARN]) throws {
        for arn in arns where arn.account == account {
            let name = arn.resource.split(separator: "/").last.map(String.init) ?? ""
            guard let role = try findRole(name), role.arn == arn.description else { throw TrustPolicy.unknownRole(arn) }
        }
    }

    /// Whether the policy that an ARN names exists and may be used by this account.
    func exists(_ policy: PolicyReference) throws -> Bool {
        switch policy {
        case .aws: true
        case .unknown: false
        case .customer(let owner, let path, let name): try owner == account && findPolicy(path: path, name: name) != nil
        }
    }
}

extension Role {
    /// What CreateRole answers: neither duration nor description.
    fileprivate init(created role: RoleRecord, tags: [Tag]) {
        self.init(listed: role)
        maxSessionDuration = nil
        description = nil
        permissionsBoundary = AttachedPermissionsBoundary(role.permissionsBoundary)
        self.tags = tags.isEmpty ? nil : tags
    }

    /// What GetRole answers: all there is.
    init(detailed role: RoleRecord, tags: [Tag]) {
        self.init(listed: role)
        permissionsBoundary = AttachedPermissionsBoundary(role.permissionsBoundary)
        self.tags = tags.isEmpty ? nil : tags
        roleLastUsed = RoleLastUsed(lastUsedDate: role.lastUsed, region: role.lastUsedRegion)
    }

    /// What ListRoles answers: neither tags, nor boundary, nor last use.
    fileprivate init(listed role: RoleRecord) {
        self.init(
            path: role.path, roleName: role.name, roleId: role.id, arn: role.arn, createDate: role.created,
            assumeRolePolicyDocument: PercentCoding.encode(role.trustPolicy), description: role.description,
            maxSessionDuration: role.maxSessionDuration)
    }
}

extension AttachedPermissionsBoundary {
    /// Nil if there is no boundary.
    fileprivate init?(_ arn: String?) {
        guard let arn else { return nil }
        self.init(permissionsBoundaryType: "Policy", permissionsBoundaryArn: arn)
    }
}

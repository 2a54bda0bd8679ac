public import ServiceKit

extension IAMService {
    public func createServiceLinkedRole(
        _ input: CreateServiceLinkedRoleRequest, _ call: Call
    ) async throws -> CreateServiceLinkedRoleResponse {
        guard let linked = ServiceLinkedRole.of(input.awsServiceName) else {
            throw AWSError(
                "NotImplemented", status: 501,
                message: "The service-linked role of \(input.awsServiceName) is not known to Martlet.")
        }
        var name = linked.role
        if let suffix = input.customSuffix, !suffix.isEmpty {
            guard linked.allowsSuffix else {
                throw IAMError.invalidInputException("Custom suffix is not allowed for \(linked.service)")
            }
            name += "_" + suffix
        }
        let role = RoleRecord(
            account: call.account, name: name, path: linked.path, id: UniqueID.make(.role, account: call.account),
            trustPolicy: linked.trustPolicy, description: input.description ?? linked.description,
            maxSessionDuration: 3600,
            permissionsBoundary: nil, linkedService: linked.service, created: time.now)
        try await store.write(call.account) { rows in
            guard try rows.insert(role) else {
                throw IAMError.invalidInputException(
                    "Service role name \(role.name) has been taken in this account, please try a different suffix.")
            }
            try rows.attach(
                "arn:aws:iam::aws:policy/aws-service-role/\(linked.policy)", name: linked.policy, to: role.name)
        }
        var answer = Role(detailed: role, tags: [])
        answer.roleLastUsed = nil
        answer.maxSessionDuration = nil
        return CreateServiceLinkedRoleResponse(role: answer)
    }

    /// Deletes at once: no service here holds on to its role.
    public func deleteServiceLinkedRole(
        _ input: DeleteServiceLinkedRoleRequest, _ call: Call
    ) async throws -> DeleteServiceLinkedRoleResponse {
        let id = RandomUUID.make()
        let now = time.now
        let task = try await store.write(call.account) { rows in
            let role = try rows.role(input.roleName)
            guard let service = role.linkedService else {
                throw IAMError.invalidInputException("The role \(role.name) is not a service-linked role.")
            }
            for policy in try rows.attachments(of: role.name) { _ = try rows.detach(policy.arn, from: role.name) }
            try rows.delete(role)
            let task = "task/aws-service-role/\(service)/\(role.name)/\(id)"
            try rows.noteDeletion(task, at: now)
            return task
        }
        return DeleteServiceLinkedRoleResponse(deletionTaskId: task)
    }

    public func getServiceLinkedRoleDeletionStatus(
        _ input: GetServiceLinkedRoleDeletionStatusRequest, _ call: Call
    ) async throws -> GetServiceLinkedRoleDeletionStatusResponse {
        guard try await store.read(call.account, { try $0.hasDeletion(input.deletionTaskId) }) else {
            throw IAMError.noSuchEntityException("The deletion task \(input.deletionTaskId) cannot be found.")
        }
        return GetServiceLinkedRoleDeletionStatusResponse(status: "SUCCEEDED")
    }
}

public import ServiceKit

extension LambdaService {
    public func addLayerVersionPermission(
        _ input: AddLayerVersionPermissionRequest, _ call: Call
    ) async throws -> AddLayerVersionPermissionResponse {
        let statement = LayerPolicy.Statement(
            id: input.statementId, principal: input.principal, organization: input.organizationId)
        let (layer, policy) = try await changePolicy(
            input.layerName, input.versionNumber, revisionID: input.revisionId, call
        ) { policy, layer in
            guard !policy.statements.contains(where: { $0.id == statement.id }) else {
                throw LambdaFailures.conflict(
                    "The statement id (\(statement.id)) provided already exists. "
                        + "Please provide a new statement id, or remove the existing statement.")
            }
            policy.statements.append(statement)
            let size = policy.document(resource: layer.arn).utf8.count
            guard size <= LambdaLimits.policy else {
                throw LambdaFailures.policyTooLong(size)
            }
        }
        return AddLayerVersionPermissionResponse(
            statement: statement.document(resource: layer.arn), revisionId: policy.revisionID)
    }

    public func removeLayerVersionPermission(_ input: RemoveLayerVersionPermissionRequest, _ call: Call) async throws {
        _ = try await changePolicy(
            input.layerName, input.versionNumber, revisionID: input.revisionId, call
        ) { policy, _ in
            guard let index = policy.statements.firstIndex(where: { $0.id == input.statementId }) else {
                throw LambdaFailures.notFound("Statement \(input.statementId) is not found in resource policy.")
            }
            policy.statements.remove(at: index)
        }
    }

    public func getLayerVersionPolicy(
        _ input: GetLayerVersionPolicyRequest, _ call: Call
    ) async throws -> GetLayerVersionPolicyResponse {
        let number = try Self.layerVersion(input.versionNumber)
        let key = try ownLayer(input.layerName, call, number)
        guard let layer = try await store.read({ try $0.layerVersion(key, number) }) else {
            throw Self.layerVersionMissing(key, number)
        }
        guard !layer.policy.statements.isEmpty else {
            throw LambdaFailures.notFound("No policy is associated with the given resource.")
        }
        return GetLayerVersionPolicyResponse(
            policy: layer.policy.document(resource: layer.arn), revisionId: layer.policy.revisionID)
    }

    private func changePolicy(
        _ name: String, _ version: Int64, revisionID: String?, _ call: Call,
        _ edit: @escaping @Sendable (inout LayerPolicy, LayerVersionRecord) throws -> Void
    ) async throws -> (LayerVersionRecord, LayerPolicy) {
        let number = try Self.layerVersion(version)
        let key = try ownLayer(name, call, number)
        let revision = newID()
        return try await store.write { transaction in
            guard let layer = try transaction.layerVersion(key, number) else {
                throw Self.layerVersionMissing(key, number)
            }
            if let revisionID, revisionID != layer.policy.revisionID { throw LambdaFailures.layerRevisionMismatch }
            var policy = layer.policy
            try edit(&policy, layer)
            policy.revisionID = revision
            try transaction.setPolicy(layer, policy)
            return (layer, policy)
        }
    }

    private static func layerVersionMissing(_ key: LayerKey, _ version: Int64) -> AWSError {
        LambdaFailures.notFound("Layer version \(key.arn(version)) does not exist.")
    }
}

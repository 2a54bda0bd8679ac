public import ServiceKit

extension LambdaService {
    public func addPermission(_ input: AddPermissionRequest, _ call: Call) async throws -> AddPermissionResponse {
        let target = try FunctionTarget(input.functionName, qualifier: input.qualifier, in: call)
        try UnsupportedParameters(operation: call.operation).refuse(
            "Qualifier=$LATEST.PUBLISHED", if: target.qualifier == "$LATEST.PUBLISHED")
        if target.qualifier == latestVersion { throw LambdaFailures.latestTakesNoPolicy }
        let statement = try PermissionStatement(input)
        let (key, revision) = (target.key, newID())
        return try await change(key) {
            try await self.store.write { transaction in
                try Self.requireHolder(transaction, target)
                let policy = try transaction.policy(key, target.qualifier)
                try Self.requireRevision(input.revisionId, policy)
                let base = policy ?? ResourcePolicy(statements: [], revisionID: "")
                try transaction.setPolicy(
                    key, target.qualifier, base.adding(statement, revisionID: revision, resource: target.arn))
            }
            try await self.reload(key)
            return AddPermissionResponse(statement: statement.document(resource: target.arn))
        }
    }

    public func removePermission(_ input: RemovePermissionRequest, _ call: Call) async throws {
        let target = try FunctionTarget(input.functionName, qualifier: input.qualifier, in: call)
        let (key, revision) = (target.key, newID())
        try await change(key) {
            try await self.store.write { transaction in
                guard let policy = try transaction.policy(key, target.qualifier) else {
                    throw try Self.noPolicy(transaction, target)
                }
                try Self.requireRevision(input.revisionId, policy)
                try transaction.setPolicy(
                    key, target.qualifier, policy.removing(input.statementId, revisionID: revision))
            }
            try await self.reload(key)
        }
    }

    public func getPolicy(_ input: GetPolicyRequest, _ call: Call) async throws -> GetPolicyResponse {
        let target = try FunctionTarget(input.functionName, qualifier: input.qualifier, in: call)
        guard let policy = try await store.read({ try $0.policy(target.key, target.qualifier) }) else {
            throw LambdaFailures.resourceNotFound
        }
        return GetPolicyResponse(policy: policy.document(resource: target.arn), revisionId: policy.revisionID)
    }

    /// - Throws: AWS's error if there is no such function, version or alias.
    private static func requireHolder(_ transaction: LambdaTransaction, _ target: FunctionTarget) throws {
        guard try transaction.exists(target.key) else { throw LambdaFailures.functionNotFound(target.arn) }
        guard let qualifier = target.qualifier else { return }
        if FunctionReference.isVersionNumber(qualifier) || qualifier.contains("$") {
            guard try transaction.version(target.key, qualifier) != nil else {
                throw LambdaFailures.functionNotFound(target.arn)
            }
        } else if try transaction.alias(target.key, qualifier) == nil {
            throw LambdaFailures.aliasNotFound(target.arn)
        }
    }

    /// Why there is no policy to remove a statement from.
    private static func noPolicy(_ transaction: LambdaTransaction, _ target: FunctionTarget) throws -> AWSError {
        guard try transaction.exists(target.key) else { return LambdaFailures.policyNotFound(target.arn) }
        guard let qualifier = target.qualifier, qualifier != latestVersion else { return LambdaFailures.noPolicy }
        if FunctionReference.isVersionNumber(qualifier) {
            let exists = try transaction.version(target.key, qualifier) != nil
            return exists ? LambdaFailures.noPolicy : LambdaFailures.policyNotFound(target.arn)
        }
        let exists = try transaction.alias(target.key, qualifier) != nil
        return exists ? LambdaFailures.noPolicy : LambdaFailures.aliasNotFound(target.arn)
    }

    private static func requireRevision(_ given: String?, _ policy: ResourcePolicy?) throws {
        if let given, given != policy?.revisionID { throw LambdaFailures.policyRevisionMismatch }
    }
}

extension PermissionStatement {
    /// - Throws: AWS's errors for a principal that is none, and for conditions that the action has not.
    init(_ input: AddPermissionRequest) throws {
        guard PermissionPrincipal(input.principal) != nil else { throw LambdaFailures.invalidPrincipal }
        if input.functionUrlAuthType != nil, input.action != "lambda:InvokeFunctionUrl" {
            throw LambdaFailures.urlAuthTypeMisplaced
        }
        if input.invokedViaFunctionUrl != nil, input.action != "lambda:InvokeFunction" {
            throw LambdaFailures.viaURLMisplaced
        }
        self.init(
            id: input.statementId, principal: input.principal, action: input.action, sourceARN: input.sourceArn,
            sourceAccount: input.sourceAccount, organization: input.principalOrgID,
            eventSourceToken: input.eventSourceToken, urlAuthType: input.functionUrlAuthType,
            viaURL: input.invokedViaFunctionUrl)
    }
}

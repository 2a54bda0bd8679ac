public import ServiceKit
import ServiceModel

extension STSService {
    /// How long a session of a role may last that was assumed by another role's session, in seconds.
    private static let chainedSessionLimit = 3600

    public func assumeRole(_ input: AssumeRoleRequest, _ call: Call) async throws -> AssumeRoleResponse {
        try Self.checkTags(input)
        try Self.refuseWhatIsNotBuilt(input)
        let arn = try RoleARN(input.roleArn)
        let refusal = AWSError.notAuthorized(call.principal, "AssumeRole", resource: input.roleArn)
        guard let role = try await roles.description(account: arn.account, role: arn.name), role.path == arn.path,
            role.name == arn.name,
            let policy = try? PolicyDocument(parsing: role.trustPolicy)
        else { throw refusal }

        var request = call.policyKeys(now: time.now)
        request["sts:rolesessionname"] = input.roleSessionName
        request["sts:externalid"] = input.externalId
        request["aws:principalarn"] = try await callerRole(call.principal)
        let evaluation = TrustEvaluation(principal: call.principal, more: request, knowing: Call.policyKeyNames)
        switch evaluation.decide(policy, action: "sts:AssumeRole") {
        case .allowed: break
        case .denied, .silent: throw refusal
        case .undecidable(let what, _):
            var unclear = refusal
            unclear.message += ", because Martlet does not evaluate \(what) in the role's trust policy"
            throw unclear
        }

        let duration = try duration(input.durationSeconds, role: role, principal: call.principal)
        let key = try sessions.issue(
            account: arn.account, role: role.name, roleID: role.id, session: input.roleSessionName,
            duration: .seconds(duration))
        try await roles.noteUse(account: arn.account, role: role.name, region: call.region, at: time.now)
        return AssumeRoleResponse(
            credentials: Credentials(key),
            assumedRoleUser: AssumedRoleUser(
                assumedRoleId: "\(role.id):\(input.roleSessionName)",
                arn: "arn:aws:sts::\(arn.account):assumed-role/\(role.name)/\(input.roleSessionName)"))
    }

    /// The ARN of the role whose session calls; nil for other callers, and if the role is gone.
    private func callerRole(_ principal: Principal) async throws -> String? {
        guard case .assumedRole(let account, let name, let id, _) = principal,
            let role = try await roles.description(account: account, role: name), role.id == id
        else { return nil }
        return role.arn
    }

    private func duration(_ asked: Int?, role: RoleDescription, principal: Principal) throws(AWSError) -> Int {
        guard let asked else { return 3600 }
        guard asked <= role.maxSessionDuration else {
            throw .validationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        }
        if case .assumedRole = principal, asked > Self.chainedSessionLimit {
            throw .validationError(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
        }
        return asked
    }

    private static func checkTags(_ input: AssumeRoleRequest) throws(AWSError) {
        let keys = (input.tags ?? []).map { $0.key.lowercased() }
        guard Set(keys).count == keys.count else {
            throw .invalidParameterValue("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        }
        guard (input.transitiveTagKeys ?? []).allSatisfy({ keys.contains($0.lowercased()) }) else {
            throw .invalidParameterValue("The specified transitive tag key must be included in the requested tags.")
        }
    }

    /// Parameters that would change what the session may do.
    private static func refuseWhatIsNotBuilt(_ input: AssumeRoleRequest) throws(AWSError) {
        let given: [(String, Bool)] = [
            ("PolicyArns", input.policyArns?.isEmpty == false), ("Policy", input.policy?.isEmpty == false),
            ("Tags", input.tags?.isEmpty == false), ("SerialNumber", input.serialNumber?.isEmpty == false),
            ("TokenCode", input.tokenCode?.isEmpty == false),
            ("SourceIdentity", input.sourceIdentity?.isEmpty == false),
            ("ProvidedContexts", input.providedContexts?.isEmpty == false),
        ]
        if let (name, _) = given.first(where: \.1) {
            throw .notImplemented(service: modelName, operation: "AssumeRole", parameter: name)
        }
    }

    public func getSessionToken(_ input: GetSessionTokenRequest, _ call: Call) async throws -> GetSessionTokenResponse {
        for (name, value) in [("SerialNumber", input.serialNumber), ("TokenCode", input.tokenCode)]
        where value?.isEmpty == false {
            throw AWSError.notImplemented(service: Self.modelName, operation: "GetSessionToken", parameter: name)
        }
        let duration: Int
        switch call.principal {
        // Root's sessions last an hour at most, whatever was asked for.
        case .root: duration = min(input.durationSeconds ?? 3600, 3600)
        case .user: duration = input.durationSeconds ?? 43_200
        case .assumedRole, .service: throw AWSError.accessDenied("Cannot call GetSessionToken with session credentials")
        case .anonymous: throw AWSError.missingToken
        }
        return GetSessionTokenResponse(
            credentials: Credentials(try sessions.issue(call.principal, duration: .seconds(duration))))
    }
}

extension Credentials {
    /// Expirations are shown in whole seconds, as on AWS.
    fileprivate init(_ key: AccessKey) {
        let milliseconds = key.expiration?.milliseconds ?? 0
        self.init(
            accessKeyId: key.id, secretAccessKey: key.secret, sessionToken: key.sessionToken ?? "",
            expiration: Timestamp(milliseconds: milliseconds - milliseconds % 1000))
    }
}

/// Decides by the policy of a resource whether a principal may do something to it: by a role's trust policy `sts:AssumeRole`, by a
/// function's `lambda:InvokeFunction`, by a bucket's `s3:GetObject`. The one evaluation of all such policies.
///
/// Only what can be decided for sure is decided: a condition on a key that is not known here makes the decision
/// ``Decision/undecidable(_:_:)`` if it depends on it.
///
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>.
public struct TrustEvaluation: Sendable {
    public enum Decision: Sendable, Hashable {
        case allowed
        /// By a statement that denies.
        case denied
        /// No statement allows or denies it.
        case silent
        /// What could not be evaluated, and what it would do.
        case undecidable(String, PolicyStatement.Effect)
    }

    private enum Match: Sendable {
        case yes, no
        case unknown(String)
    }

    public var principal: Principal
    /// The condition keys that the request has, in lower case, with their values.
    public var context: [String: [String]]
    /// Whether `*` means nobody in particular too, as in the policies of what can be public.
    public var admitsAnonymous = false
    /// Whether `"AWS": "*"` means services too, as in policies of topics.
    public var starMeansServices = false
    /// S3's name of the caller's account.
    public var canonicalUser: String?
    /// Further keys that are evaluated.
    private var moreKeys: Set<String>

    /// The keys that are evaluated: one that the request does not have is then known to be absent. There are neither organizations
    /// nor private networks here, and no service calls on somebody's behalf.
    private static let knownKeys: Set<String> = [
        "aws:principalaccount", "aws:principalarn", "aws:principaltype", "aws:userid", "aws:username",
        "aws:principalisawsservice", "aws:principalservicename", "aws:sourceaccount", "aws:sourcearn",
        "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:viaawsservice", "aws:calledvia",
        "aws:calledviafirst", "aws:calledvialast", "aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn",
        "aws:vpcsourceip", "aws:federatedprovider", "sts:externalid", "sts:rolesessionname",
    ]

    /// `more` are further condition keys of the request, in lower case, such as `sts:externalid`, and `sets` those that have several
    /// values. A role's session does not tell its role's path: without an `aws:principalarn` among them, the role is taken to be the
    /// one of its name. `knowing` are keys, in lower case, that the request is known not to have if they are not
    /// among `more`; one that ends in `/` stands for all that begin so.
    public init(
        principal: Principal, more: [String: String] = [:], sets: [String: [String]] = [:], knowing: Set<String> = []
    ) {
        self.principal = principal
        context = more.mapValues { [$0] }.merging(sets) { $1 }
        moreKeys = knowing
        func note(_ key: String, _ value: String?) { context[key] = value.map { [$0] } }
        note("aws:principalisawsservice", "false")
        note("aws:viaawsservice", "false")
        note("aws:principalaccount", principal.account)
        note("aws:userid", principal.userID)
        switch principal {
        case .root:
            note("aws:principaltype", "Account")
            note("aws:principalarn", principal.arn)
        case .user(_, let name, _, _):
            note("aws:principaltype", "User")
            note("aws:principalarn", principal.arn)
            note("aws:username", name)
        case .assumedRole:
            note("aws:principaltype", "AssumedRole")
            note("aws:multifactorauthpresent", "false")
        case .service(let name, let source, let account):
            note("aws:principalisawsservice", "true")
            note("aws:principalservicename", name)
            note("aws:principalaccount", nil)
            note("aws:userid", nil)
            note("aws:sourceaccount", account)
            note("aws:sourcearn", source)
        case .anonymous:
            note("aws:principaltype", "Anonymous")
            note("aws:userid", "anonymous")
        }
    }

    /// Whether the principal may do `action`, such as `sts:AssumeRole`, to `resource`, an ARN; nil: statements are not asked for theirs.
    public func decide(_ policy: PolicyDocument, action: String, resource: String? = nil) -> Decision {
        var isAllowed = false
        var doubt: Decision?
        for statement in policy.statements {
            guard let actions = statement.actions, Self.contains(actions, action) else { continue }
            switch matches(statement, of: policy, resource) {
            case .no: continue
            case .yes:
                if statement.effect == .deny { return .denied }
                isAllowed = true
            case .unknown(let what):
                // An unknown denial always counts; an unknown permission only if nothing else permits.
                if case .undecidable(_, .deny)? = doubt { continue }
                if statement.effect == .deny || doubt == nil { doubt = .undecidable(what, statement.effect) }
            }
        }
        if case .undecidable(_, .deny)? = doubt { return doubt ?? .silent }
        return isAllowed ? .allowed : doubt ?? .silent
    }

    private static func contains(_ element: PolicyElement<String>, _ action: String) -> Bool {
        element.values.contains { PolicyPattern.matches($0, action, ignoringCase: true) } != element.isNegated
    }

    private func matches(_ statement: PolicyStatement, of policy: PolicyDocument, _ resource: String?) -> Match {
        let hasVariables = policy.version == .v2012
        func resolve(_ text: String) -> ResolvedPattern? { hasVariables ? resolved(text) : ResolvedPattern(text) }
        if let resource, let resources = statement.resources,
            resources.values.contains(where: { resolve($0)?.matches(resource) ?? false }) == resources.isNegated
        {
            return .no
        }
        guard let principals = statement.principals else { return .no }
        guard principals.values.contains(where: isCaller) != principals.isNegated else { return .no }
        var unknown: String?
        for condition in statement.conditions {
            switch holds(condition, resolve) {
            case .no: return .no
            case .yes: continue
            case .unknown(let what): unknown = unknown ?? what
            }
        }
        return unknown.map(Match.unknown) ?? .yes
    }

    private func isCaller(_ candidate: PolicyPrincipal) -> Bool {
        switch candidate {
        case .everyone: return principal != .anonymous || admitsAnonymous
        case .service(let name):
            if case .service(name, _, _) = principal { return true }
            return false
        case .canonicalUser(let id):
            if case .service = principal { return false }
            return id == canonicalUser
        case .federated: return false
        case .aws(let value):
            guard principal != .anonymous else { return admitsAnonymous && value == "*" }
            if case .service = principal { return starMeansServices && value == "*" }
            if value == "*" || value == principal.arn || value == principal.userID { return true }
            // An account stands for all of its principals; whether their own policies permit the call is not asked
            // here.
            if AccountID.isValid(value) { return principal.account == value }
            guard let arn = ARN(value) else { return false }
            if arn.service == "iam", arn.resource == "root" { return principal.account == arn.account }
            // The ARN of a role stands for all of its sessions.
            return isRole(arn)
        }
    }

    /// Whether the caller is a session of a role, whose path the session does not know.
    private func isRole(_ arn: ARN) -> Bool {
        guard case .assumedRole(let account, let role, _, _) = principal, arn.service == "iam",
            arn.typed?.type == "role"
        else { return false }
        return arn.account == account && arn.resource.split(separator: "/").last.map(String.init) == role
    }

    // MARK: Conditions

    private func isKnown(_ key: String) -> Bool {
        if context[key] != nil || Self.knownKeys.contains(key) || moreKeys.contains(key) { return true }
        guard let slash = key.firstIndex(of: "/") else { return false }
        return moreKeys.contains(String(key[...slash]))
    }

    private func resolved(_ text: String) -> ResolvedPattern? {
        guard text.contains("${") else { return ResolvedPattern(text) }
        // A variable stands for one value.
        return PolicyVariables.resolve(text) { key in context[key].flatMap { $0.count == 1 ? $0.first : nil } }
    }

    private func holds(_ condition: PolicyCondition, _ resolve: (String) -> ResolvedPattern?) -> Match {
        let key = condition.key.lowercased()
        guard isKnown(key) else { return .unknown("the condition key \(condition.key)") }
        if let value = condition.malformedValue { return .unknown("the value \(value)") }
        if key == "aws:principalarn", context[key] == nil, case .assumedRole(let account, let role, _, _) = principal {
            return holdsForRole(condition, "arn:aws:iam::\(account):role/\(role)", resolve)
        }
        return ConditionTest.holds(condition, actual: context[key], resolve: resolve) ? .yes : .no
    }

    /// A condition on the ARN of the role whose session calls. What a pattern says of paths can't be told.
    private func holdsForRole(
        _ condition: PolicyCondition, _ role: String, _ resolve: (String) -> ResolvedPattern?
    ) -> Match {
        var condition = condition
        for (index, value) in condition.values.enumerated() {
            guard let name = value.firstRange(of: ":role/")?.upperBound else { continue }
            if value.contains(where: { "*?$".contains($0) }) {
                if value[name...].contains("/") { return .unknown("the path of a role in \(value)") }
            } else if let arn = ARN(value), isRole(arn) {
                condition.values[index] = role
            }
        }
        return ConditionTest.holds(condition, actual: [role], resolve: resolve) ? .yes : .no
    }
}

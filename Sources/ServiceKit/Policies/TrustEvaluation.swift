/// Decides by the policy of a resource whether a principal may do something to it: by a role's trust policy `sts:AssumeRole`, by a
/// function's `lambda:InvokeFunction`.
///
/// Only what can be decided for sure is decided: a condition with an operator or a key that is not evaluated here makes
/// the decision ``Decision/undecidable(_:)`` if it depends on it.
public struct TrustEvaluation: Sendable {
    public enum Decision: Sendable, Hashable {
        case allowed
        case denied
        /// What could not be evaluated.
        case undecidable(String)
    }

    private enum Match: Sendable {
        case yes, no
        case unknown(String)
    }

    public var principal: Principal
    /// The condition keys that the request has, in lower case.
    public var context: [String: String]
    /// Whether `*` means nobody in particular too, as in the policies of what can be public.
    public var admitsAnonymous = false
    /// Further keys that are evaluated.
    private var moreKeys: Set<String>

    /// The keys that are evaluated: one that the request does not have is then known to be absent.
    private static let knownKeys: Set<String> = [
        "aws:principalaccount", "aws:principalarn", "aws:principaltype", "aws:userid", "aws:sourceaccount",
        "aws:sourcearn", "aws:multifactorauthpresent", "sts:externalid", "sts:rolesessionname",
    ]

    /// `more` are further condition keys of the request, in lower case, such as `sts:externalid`. For a role's session,
    /// `aws:principalarn` is the ARN of its role, whose path the session does not tell: it must be among them to be
    /// evaluated. `knowing` are keys, in lower case, that the request is known not to have if they are not among `more`.
    public init(principal: Principal, more: [String: String] = [:], knowing: Set<String> = []) {
        self.principal = principal
        context = more
        moreKeys = knowing.union(more.keys)
        switch principal {
        case .root(let account):
            context["aws:principalaccount"] = account
            context["aws:principaltype"] = "Account"
            context["aws:principalarn"] = principal.arn
            context["aws:userid"] = principal.userID
        case .user(let account, _, _, _):
            context["aws:principalaccount"] = account
            context["aws:principaltype"] = "User"
            context["aws:principalarn"] = principal.arn
            context["aws:userid"] = principal.userID
        case .assumedRole(let account, _, _, _):
            context["aws:principalaccount"] = account
            context["aws:principaltype"] = "AssumedRole"
            context["aws:userid"] = principal.userID
            context["aws:multifactorauthpresent"] = "false"
        case .service(_, let source, let account):
            context["aws:sourceaccount"] = account
            context["aws:sourcearn"] = source
        case .anonymous: break
        }
    }

    /// Whether the principal may do `action`, such as `sts:AssumeRole`.
    public func decide(_ policy: PolicyDocument, action: String) -> Decision {
        var isAllowed = false
        var unknown: String?
        for statement in policy.statements {
            guard let actions = statement.actions, contains(actions, action) else { continue }
            switch matches(statement) {
            case .no: continue
            case .yes:
                if statement.effect == .deny { return .denied }
                isAllowed = true
            case .unknown(let what):
                // An unknown denial always counts; an unknown permission only if nothing else permits.
                if statement.effect == .deny { return .undecidable(what) }
                unknown = unknown ?? what
            }
        }
        if isAllowed { return .allowed }
        return unknown.map(Decision.undecidable) ?? .denied
    }

    private func contains(_ element: PolicyElement<String>, _ action: String) -> Bool {
        element.values.contains { PolicyPattern.matches($0, action, ignoringCase: true) } != element.isNegated
    }

    private func matches(_ statement: PolicyStatement) -> Match {
        guard let principals = statement.principals else { return .no }
        guard principals.values.contains(where: isCaller) != principals.isNegated else { return .no }
        var unknown: String?
        for condition in statement.conditions {
            switch holds(condition) {
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
        case .federated, .canonicalUser: return false
        case .aws(let value):
            guard principal != .anonymous else { return admitsAnonymous && value == "*" }
            if case .service = principal { return false }
            if value == "*" || value == principal.arn || value == principal.userID { return true }
            // An account stands for all of its principals; whether their own policies permit the call is not asked
            // here.
            if AccountID.isValid(value) { return principal.account == value }
            guard let arn = ARN(value) else { return false }
            if arn.service == "iam", arn.resource == "root" { return principal.account == arn.account }
            // The ARN of a role stands for all of its sessions. The session does not know the role's path.
            if case .assumedRole(let account, let role, _, _) = principal, arn.service == "iam",
                arn.typed?.type == "role"
            {
                return arn.account == account && arn.resource.split(separator: "/").last.map(String.init) == role
            }
            return false
        }
    }

    // MARK: Conditions

    private func holds(_ condition: PolicyCondition) -> Match {
        let key = condition.key.lowercased()
        guard Self.knownKeys.contains(key) || moreKeys.contains(key) else {
            return .unknown("the condition key \(condition.key)")
        }
        let operation = condition.operator
        guard operation.quantifier == nil, !condition.values.contains(where: { $0.contains("${") }) else {
            return .unknown("the condition on \(condition.key)")
        }
        let actual = context[key]
        if actual == nil, key == "aws:principalarn", case .assumedRole = principal {
            return .unknown("the condition key \(condition.key)")
        }
        if operation.comparison == .null {
            return condition.values.contains { ($0.lowercased() == "true") == (actual == nil) } ? .yes : .no
        }
        if operation.comparison == .ipAddress || operation.comparison == .notIPAddress,
            let bad = condition.values.first(where: { Self.addresses($0) == nil })
        {
            return .unknown("the address \(bad)")
        }
        guard let test = Self.test(operation.comparison) else {
            return .unknown("the condition operator \(operation.comparison.rawValue)")
        }
        // Without the key, positive operators do not hold and negated ones do.
        guard let actual else { return operation.ifExists || test.isNegated ? .yes : .no }
        return condition.values.contains { test.matches($0, actual) } != test.isNegated ? .yes : .no
    }

    private static func test(
        _ comparison: PolicyCondition.Comparison
    ) -> (isNegated: Bool, matches: (_ value: String, _ actual: String) -> Bool)? {
        let equal: (String, String) -> Bool = { $0 == $1 }
        let equalIgnoringCase: (String, String) -> Bool = { $0.lowercased() == $1.lowercased() }
        let like: (String, String) -> Bool = { PolicyPattern.matches($0, $1) }
        let within: (String, String) -> Bool = { addresses($0)?.contains($1) ?? false }
        return switch comparison {
        case .stringEquals: (false, equal)
        case .stringNotEquals: (true, equal)
        case .stringEqualsIgnoreCase, .bool: (false, equalIgnoringCase)
        case .stringNotEqualsIgnoreCase: (true, equalIgnoringCase)
        case .stringLike, .arnEquals, .arnLike: (false, like)
        case .stringNotLike, .arnNotEquals, .arnNotLike: (true, like)
        case .ipAddress: (false, within)
        case .notIPAddress: (true, within)
        default: nil
        }
    }

    /// A block in CIDR notation, or one address; nil if it is neither.
    private static func addresses(_ text: String) -> EventAddressRange? {
        try? EventAddressRange(text.contains("/") ? text : text + (text.contains(":") ? "/128" : "/32"))
    }
}

/// A policy: what may be done, by whom, to what, and when. The grammar that identity policies, trust policies and the
/// policies of resources share; what each of them demands beyond it is for its service to check.
///
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.
public struct PolicyDocument: Sendable, Hashable {
    public enum Version: String, Sendable {
        case v2008 = "2008-10-17"
        case v2012 = "2012-10-17"
    }

    /// Nil if the document has none; it then means ``Version/v2008``.
    public var version: Version?
    public var id: String?
    public var statements: [PolicyStatement]

    public init(version: Version? = .v2012, id: String? = nil, statements: [PolicyStatement]) {
        self.version = version
        self.id = id
        self.statements = statements
    }
}

/// One statement of a policy.
public struct PolicyStatement: Sendable, Hashable {
    public enum Effect: String, Sendable {
        case allow = "Allow"
        case deny = "Deny"
    }

    public var sid: String?
    public var effect: Effect
    /// `Principal` or `NotPrincipal`; nil if there is neither.
    public var principals: PolicyElement<PolicyPrincipal>?
    /// `Action` or `NotAction`; nil if there is neither.
    public var actions: PolicyElement<String>?
    /// `Resource` or `NotResource`; nil if there is neither.
    public var resources: PolicyElement<String>?
    /// All of them must hold.
    public var conditions: [PolicyCondition]

    public init(
        sid: String? = nil, effect: Effect, principals: PolicyElement<PolicyPrincipal>? = nil,
        actions: PolicyElement<String>? = nil, resources: PolicyElement<String>? = nil,
        conditions: [PolicyCondition] = []
    ) {
        self.sid = sid
        self.effect = effect
        self.principals = principals
        self.actions = actions
        self.resources = resources
        self.conditions = conditions
    }
}

/// An element that comes in two forms, such as `Action` and `NotAction`.
public struct PolicyElement<Value: Sendable & Hashable>: Sendable, Hashable {
    /// Whether it is the `Not…` form: all but these.
    public var isNegated: Bool
    public var values: [Value]

    public init(_ values: [Value], isNegated: Bool = false) {
        self.isNegated = isNegated
        self.values = values
    }
}

/// Whom a statement is about.
public enum PolicyPrincipal: Sendable, Hashable {
    /// `"Principal": "*"`.
    case everyone
    /// An account, user, role or role session by ARN, an account by number, a unique id, or `*`.
    case aws(String)
    case service(String)
    case federated(String)
    case canonicalUser(String)

    /// The type as it is written in a policy, and the value.
    public var written: (type: String, value: String) {
        switch self {
        case .everyone: ("STAR", "*")
        case .aws(let value): ("AWS", value)
        case .service(let value): ("Service", value)
        case .federated(let value): ("Federated", value)
        case .canonicalUser(let value): ("CanonicalUser", value)
        }
    }
}

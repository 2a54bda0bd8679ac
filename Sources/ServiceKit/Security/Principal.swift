/// Who makes a call.
public enum Principal: Sendable, Hashable {
    /// An account's root.
    case root(account: String)
    /// An IAM user.
    case user(account: String, name: String, path: String, id: String)
    /// A session of an IAM role. `role` is its name without path; `roleID` begins with AROA.
    case assumedRole(account: String, role: String, roleID: String, session: String)
    /// An AWS service that acts for a resource.
    case service(name: String, sourceARN: String?, account: String)
    /// Nobody: an unsigned request.
    case anonymous

    /// The account the principal belongs to; nil for nobody.
    public var account: String? {
        switch self {
        case .root(let account), .user(let account, _, _, _), .assumedRole(let account, _, _, _),
            .service(_, _, let account):
            account
        case .anonymous: nil
        }
    }

    /// The ARN as `sts get-caller-identity` shows it; nil for nobody.
    public var arn: String? {
        switch self {
        case .root(let account): "arn:aws:iam::\(account):root"
        case .user(let account, let name, let path, _): "arn:aws:iam::\(account):user\(path)\(name)"
        case .assumedRole(let account, let role, _, let session):
            "arn:aws:sts::\(account):assumed-role/\(role)/\(session)"
        case .service(let name, _, _): name
        case .anonymous: nil
        }
    }

    /// The unique id as `sts get-caller-identity` shows it.
    public var userID: String? {
        switch self {
        case .root(let account): account
        case .user(_, _, _, let id): id
        case .assumedRole(_, _, let roleID, let session): "\(roleID):\(session)"
        case .service(let name, _, _): name
        case .anonymous: nil
        }
    }
}

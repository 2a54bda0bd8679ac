import ServiceModel

/// A role as it is stored.
struct RoleRecord: Sendable, Hashable {
    var account: String
    var name: String
    /// Begins and ends with a slash.
    var path: String
    /// AROA….
    var id: String
    var trustPolicy: String
    var description: String?
    /// In seconds.
    var maxSessionDuration: Int
    /// The ARN of the managed policy that bounds its permissions.
    var permissionsBoundary: String?
    /// The service that a service-linked role belongs to.
    var linkedService: String?
    var created: Timestamp
    var lastUsed: Timestamp?
    var lastUsedRegion: String?

    var arn: String { "arn:aws:iam::\(account):role\(path)\(name)" }
}

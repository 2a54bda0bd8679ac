public import ServiceModel

/// What a service that hands out a role's credentials must know about it.
public struct RoleDescription: Sendable, Hashable {
    public var name: String
    /// Begins and ends with a slash.
    public var path: String
    /// The unique id, AROA….
    public var id: String
    public var arn: String
    public var trustPolicy: String
    /// In seconds, 3,600 to 43,200.
    public var maxSessionDuration: Int

    public init(name: String, path: String, id: String, arn: String, trustPolicy: String, maxSessionDuration: Int) {
        self.name = name
        self.path = path
        self.id = id
        self.arn = arn
        self.trustPolicy = trustPolicy
        self.maxSessionDuration = maxSessionDuration
    }
}

/// IAM's roles, for STS.
public protocol RoleCatalog: RoleDirectory {
    /// Nil if there is no such role.
    func description(account: String, role: String) async throws -> RoleDescription?
    /// Remembers that the role's credentials were handed out. No error if there is no such role.
    func noteUse(account: String, role: String, region: String, at time: Timestamp) async throws
}

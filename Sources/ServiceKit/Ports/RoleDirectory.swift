/// What other services need to know about IAM roles.
public protocol RoleDirectory: Sendable {
    /// The role's unique id (AROA…) and trust policy, nil if there is no such role.
    func role(account: String, name: String) async throws -> (id: String, trustPolicy: String)?
}

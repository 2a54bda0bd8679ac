/// Knows every access key of the installation: root's, temporary ones, and users', asked in this order.
public struct CredentialDirectory: CredentialResolver {
    private let root: RootKeys
    private let sessions: SessionCredentialIssuer
    private let users: (any CredentialResolver)?

    /// `users` knows IAM users' keys, if there are any.
    public init(root: RootKeys, sessions: SessionCredentialIssuer, users: (any CredentialResolver)? = nil) {
        self.root = root
        self.sessions = sessions
        self.users = users
    }

    public func resolve(accessKeyID: String, sessionToken: String?) async throws -> (
        key: AccessKey, principal: Principal
    )? {
        if let sessionToken, !sessionToken.isEmpty {
            return try sessions.resolve(accessKeyID: accessKeyID, sessionToken: sessionToken)
        }
        if let found = root.resolve(accessKeyID: accessKeyID) { return found }
        return try await users?.resolve(accessKeyID: accessKeyID, sessionToken: nil)
    }

    /// The account that a key without a session token stands for where no proof is asked: its own, or `fallback` if it is not
    /// from here.
    /// - Returns: nil if only ``resolve(accessKeyID:sessionToken:)`` can tell.
    public func account(ofUnproved accessKeyID: String, else fallback: String) -> String? {
        if let found = root.resolve(accessKeyID: accessKeyID) { return found.principal.account ?? fallback }
        return users == nil ? fallback : nil
    }
}

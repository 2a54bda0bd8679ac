public import ServiceModel

/// An access key as a signature needs it.
public struct AccessKey: Sendable, Hashable {
    public var id: String
    public var secret: String
    /// Set on temporary credentials.
    public var sessionToken: String?
    public var expiration: Timestamp?

    public init(id: String, secret: String, sessionToken: String? = nil, expiration: Timestamp? = nil) {
        self.id = id
        self.secret = secret
        self.sessionToken = sessionToken
        self.expiration = expiration
    }
}

/// Looks keys up, for the verification of signatures.
public protocol CredentialResolver: Sendable {
    /// The secret and the principal of an access key, nil if it is unknown.
    /// - Throws: ``AWSError`` `InvalidClientTokenId`/`ExpiredToken` for a session token that is forged or has expired.
    func resolve(accessKeyID: String, sessionToken: String?) async throws -> (key: AccessKey, principal: Principal)?
}

/// Issues temporary credentials of a role.
public protocol RoleCredentialIssuer: Sendable {
    /// New credentials that work for `duration` from now.
    func issue(account: String, role: String, roleID: String, session: String, duration: Duration) throws -> AccessKey
}

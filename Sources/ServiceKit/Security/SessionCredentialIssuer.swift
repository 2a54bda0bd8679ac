import Crypto
import ServiceModel

/// Issues temporary credentials and recognises them again, without storing anything: the session token is the session,
/// sealed with a key that only this installation has, and the secret follows from token and access key id. So every
/// node that shares the master key knows the sessions of all, and a restart forgets none.
///
/// Sessions end by the ``TimeSource``; they can't be revoked one by one.
public struct SessionCredentialIssuer: RoleCredentialIssuer {
    /// The longest token that is looked at, in characters; what is issued here is far shorter.
    public static let maximumTokenLength = 8192

    private let box: SecretBox
    private let secretKey: SymmetricKey
    private let time: any TimeSource

    public init(master: MasterKey, time: any TimeSource) {
        box = SecretBox(master, purpose: "sessions/token")
        secretKey = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: master.bytes), info: Array("martlet/sessions/secret".utf8),
            outputByteCount: 32)
        self.time = time
    }

    public func issue(account: String, role: String, roleID: String, session: String, duration: Duration) throws
        -> AccessKey
    {
        try issue(.assumedRole(account: account, role: role, roleID: roleID, session: session), duration: duration)
    }

    /// Credentials by which a root user, user or role session is known until `duration` from now is over.
    /// - Throws: ``AWSError/internalFailure`` for principals that have no sessions.
    public func issue(_ principal: Principal, duration: Duration) throws -> AccessKey {
        let expiration = time.now.advanced(by: duration)
        guard let account = principal.account,
            let bytes = SessionToken(principal: principal, expiration: expiration).bytes
        else {
            throw AWSError.internalFailure
        }
        let id = UniqueID.make(.temporaryAccessKey, account: account)
        let token = Base64URL.encode(try box.seal(bytes, context: id))
        return AccessKey(id: id, secret: secret(id, token), sessionToken: token, expiration: expiration)
    }

    /// The key and the principal of a session.
    /// - Throws: ``AWSError/invalidClientToken`` if the token was not issued here for this key;
    ///   ``AWSError/expiredToken``.
    public func resolve(accessKeyID: String, sessionToken: String) throws -> (key: AccessKey, principal: Principal) {
        guard sessionToken.utf8.count <= Self.maximumTokenLength, let sealed = Base64URL.decode(sessionToken),
            let bytes = try? box.open(sealed, context: accessKeyID), let session = SessionToken(bytes)
        else { throw AWSError.invalidClientToken }
        guard time.now < session.expiration else { throw AWSError.expiredToken }
        let key = AccessKey(
            id: accessKeyID, secret: secret(accessKeyID, sessionToken), sessionToken: sessionToken,
            expiration: session.expiration)
        return (key, session.principal)
    }

    /// Forty characters, as on AWS.
    private func secret(_ id: String, _ token: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Array((id + "\n" + token).utf8), using: secretKey)
        return Base64URL.encode(Array(Array(code).prefix(30)))
    }
}

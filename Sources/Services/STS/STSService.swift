public import ServiceKit

/// AWS Security Token Service: who calls, and temporary credentials.
///
/// See <https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html>.
public struct STSService: STSAPI {
    let roles: any RoleCatalog
    let sessions: SessionCredentialIssuer
    let credentials: any CredentialResolver
    let time: any TimeSource

    /// `roles` are IAM's; `sessions` issues what AssumeRole and GetSessionToken answer; `credentials` knows the keys
    /// whose account GetAccessKeyInfo is asked for.
    public init(
        roles: any RoleCatalog, sessions: SessionCredentialIssuer, credentials: any CredentialResolver,
        time: any TimeSource
    ) {
        self.roles = roles
        self.sessions = sessions
        self.credentials = credentials
        self.time = time
    }
}

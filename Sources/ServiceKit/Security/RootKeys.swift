/// The access keys of accounts' root users: the one that the first start makes, for the default account.
public struct RootKeys: Sendable {
    private let keys: [String: (key: AccessKey, account: String)]

    /// One key, of the root of `account`.
    public init(id: String, secret: String, account: String) {
        keys = [id: (AccessKey(id: id, secret: secret), account)]
    }

    /// Nil if the key is not a root user's.
    public func resolve(accessKeyID: String) -> (key: AccessKey, principal: Principal)? {
        keys[accessKeyID].map { ($0.key, .root(account: $0.account)) }
    }
}

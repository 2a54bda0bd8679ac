import ServiceKit

extension Principal {
    /// A function's execution role, in a session that has the function's name; of the function's account, as in its environments: with
    /// `--auth open` a role's ARN may be made up, and must not make the function a stranger at home, nor at home elsewhere.
    static func executionRole(_ arn: String, of key: FunctionKey) -> Principal {
        guard let role = RoleARN(arn) else { return .root(account: key.account) }
        return .assumedRole(account: key.account, role: role.name, roleID: "", session: key.name)
    }
}

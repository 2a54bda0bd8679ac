/// The parts of an execution role's ARN that matter here.
struct RoleARN: Sendable, Hashable {
    var account: String
    /// Without its path.
    var name: String

    /// - Returns: nil if `arn` is no role's ARN.
    init?(_ arn: String) {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "iam", FunctionReference.isAccount(parts[4]),
            parts[5].hasPrefix("role/"), let name = parts[5].split(separator: "/").last, name != "role"
        else { return nil }
        account = String(parts[4])
        self.name = String(name)
    }
}

/// What a function's rows are keyed by.
struct FunctionKey: Sendable, Hashable {
    var account: String
    var region: String
    var name: String

    /// The ARN without a qualifier.
    var arn: String { "arn:aws:lambda:\(region):\(account):function:\(name)" }

    /// The ARN with a qualifier, if there is one.
    func arn(_ qualifier: String?) -> String { qualifier.map { "\(arn):\($0)" } ?? arn }
}

/// The version that is always there, and the only one that changes.
let latestVersion = "$LATEST"

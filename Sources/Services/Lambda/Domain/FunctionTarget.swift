import ServiceKit

/// A function of the caller's account and region, with the qualifier that was asked for.
struct FunctionTarget: Sendable, Hashable {
    var key: FunctionKey
    /// `$LATEST`, a version's number or an alias's name; nil if the caller gave none.
    var qualifier: String?

    /// The function's ARN, with the qualifier that was asked for.
    var arn: String { key.arn(qualifier) }

    init(key: FunctionKey, qualifier: String?) {
        self.key = key
        self.qualifier = qualifier
    }

    /// Resolves what the caller named against the account and region that it calls in.
    /// The action, such as `GetFunction`, is named by a refusal.
    /// - Throws: AWS's errors for a name that does not parse, for another region or account, and for two different
    ///   qualifiers.
    init(_ name: String, qualifier: String? = nil, in call: Call, action: String? = nil) throws {
        try self.init(named: name, qualifier: qualifier, in: call)
        if key.account != call.account {
            throw LambdaFailures.notAllowed(call.principal, action ?? call.operation, on: key.arn)
        }
    }

    /// The same for an operation that may concern a function of another account: whether it may is left to the caller.
    init(named name: String, qualifier: String?, in call: Call) throws {
        guard let reference = FunctionReference(parsing: name) else {
            throw AWSError.validation(
                "1 validation error detected: Value '\(name)' at 'functionName' failed to satisfy constraint: "
                    + "Member must satisfy regular expression pattern: \(Self.pattern)")
        }
        if let region = reference.region, region != call.region {
            throw LambdaFailures.notFound(
                "Functions from '\(region)' are not reachable in this region ('\(call.region)')")
        }
        key = FunctionKey(account: reference.account ?? call.account, region: call.region, name: reference.name)
        if let derived = reference.qualifier, let given = qualifier, derived != given {
            throw LambdaFailures.qualifierMismatch
        }
        self.qualifier = qualifier ?? reference.qualifier
    }

    /// Resolves the name for an operation that concerns the function itself: any qualifier but `$LATEST` is refused.
    static func unqualified(_ name: String, in call: Call) throws -> FunctionKey {
        let target = try FunctionTarget(name, in: call)
        guard target.qualifier == nil || target.qualifier == latestVersion else {
            throw LambdaFailures.qualifierMismatch
        }
        return target.key
    }

    private static let pattern =
        #"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?"#
        + #"(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"#
}

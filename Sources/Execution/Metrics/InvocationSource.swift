/// What invocations are counted by.
public struct InvocationSource: Sendable, Hashable {
    public var function: FunctionName
    /// The alias or version that was named; nil: none was.
    public var qualifier: String?
    /// `$LATEST` or a number.
    public var version: String

    public init(function: FunctionName, qualifier: String?, version: String) {
        self.function = function
        self.qualifier = qualifier
        self.version = version
    }

    /// By the ARN that was invoked.
    public init(_ function: FunctionVersion, invokedARN: String) {
        let parts = invokedARN.split(separator: ":", omittingEmptySubsequences: false)
        self.init(
            function: FunctionName(account: function.account, region: function.region, name: function.name),
            qualifier: parts.count == 8 ? String(parts[7]) : nil, version: function.version)
    }
}

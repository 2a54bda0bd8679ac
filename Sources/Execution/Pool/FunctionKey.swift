/// Which function version environments belong to.
public struct FunctionKey: Sendable, Hashable {
    public var account: String
    public var region: String
    public var name: String
    public var version: String

    public init(_ function: FunctionVersion) {
        account = function.account
        region = function.region
        name = function.name
        version = function.version
    }
}

/// Which function version environments belong to.
public struct FunctionKey: Sendable, Hashable {
    public var account: String
    public var region: String
    public var name: String
    public var version: String
    /// The qualifier whose provisioned concurrency the environments are; nil: on-demand ones.
    public var provisioning: String?

    /// The environments that are there for an invocation first: provisioned ones, if it may use any.
    @inlinable
    public init(_ function: FunctionVersion) {
        self.init(function, provisioning: function.provisioning)
    }

    @inlinable
    init(_ function: FunctionVersion, provisioning: String?) {
        account = function.account
        region = function.region
        name = function.name
        version = function.version
        self.provisioning = provisioning
    }
}

public import ServiceKit

/// How the front door listens, and whom it lets in.
public struct FrontDoorConfiguration: Sendable {
    /// Whether callers have to prove who they are.
    public enum Authentication: String, Sendable, CaseIterable {
        /// No signature is required, and none is verified. A key of twelve digits is the account; credentials that the platform
        /// issued are their principal; any other key is the root of ``FrontDoorConfiguration/defaultAccount``.
        case open
        /// Every signature is verified, and the authorizer is asked.
        case iam
    }

    /// The name or address to listen on.
    public var host = "127.0.0.1"
    /// 0 lets the kernel choose.
    public var port = 4566
    public var authentication = Authentication.open
    /// The region of requests that name none.
    public var region = "us-east-1"
    public var defaultAccount = "000000000000"
    /// Names under which the server may be addressed beside the built-in ones, each with everything below it.
    public var additionalHosts: [String] = []
    /// Origins of web pages that may call, such as `http://localhost:3000`; `*` for all.
    public var allowedOrigins: [String] = []
    public var limits = HTTPLimits()
    /// With what TLS is spoken; nil: not at all. Cleartext is spoken on the same port too, unless ``requiresTLS``.
    public var tls: TLSContext?
    /// Whether plain HTTP is refused.
    public var requiresTLS = false
    /// How long running requests may take when the server shuts down.
    public var shutdownTimeout = Duration.seconds(10)

    public init() {}
}

/// Who calls through a sandbox's own socket, whatever key it shows.
public struct SandboxIdentity: Sendable {
    public var principal: Principal
    public var account: String
    /// The region of requests that name none.
    public var region: String

    public init(principal: Principal, account: String, region: String) {
        self.principal = principal
        self.account = account
        self.region = region
    }
}

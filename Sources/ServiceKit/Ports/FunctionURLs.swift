/// Knows the URLs of functions, which the front door serves.
public protocol FunctionURLs: Sendable {
    /// The URL of an id; `region` is what the host's name says, if it does.
    /// - Returns: nil if there is none.
    func functionURL(id: String, region: String?) async throws -> (any FunctionURL)?
}

/// The URL of a function or an alias: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
public protocol FunctionURL: Sendable {
    /// Whether callers have to sign (`AuthType` is `AWS_IAM`), for ``region``.
    var requiresSignature: Bool { get }
    var region: String { get }
    /// The answer to a browser that asks whether its page may send a request; nil if the request is another one.
    func preflight(_ request: WebRequest) -> WebResponse?
    /// The function's answer, or what prevents it. `caller` is nil if the request is not signed, or needs not to be.
    func answer(_ request: WebRequest, caller: WebCaller?) async -> WebResponse
    /// A refusal as the URL answers it, such as that of a signature.
    func refusal(_ error: AWSError, _ request: WebRequest) -> WebResponse
}

/// Who has signed a ``WebRequest``.
public struct WebCaller: Sendable {
    public var principal: Principal
    public var accessKeyID: String
    /// Whether the principal's own policies let it invoke functions.
    public var isAuthorized: Bool

    public init(principal: Principal, accessKeyID: String, isAuthorized: Bool) {
        self.principal = principal
        self.accessKeyID = accessKeyID
        self.isAuthorized = isAuthorized
    }
}

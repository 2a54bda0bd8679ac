import ServiceKit

/// How an invocation asks to be let in, and what a resource policy must grant for it.
enum InvocationAccess: Sendable, Hashable {
    /// By `Invoke` or `InvokeWithResponseStream`.
    case api
    /// Through a function URL of this `AuthType`. Since October 2025 that takes two permissions: for the URL, and for the function by a
    /// URL. https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    case url(authType: String)

    /// Whether a policy grants all of it; nil is one that grants nothing.
    func isGranted(by policy: ResourcePolicy?, to principal: Principal) -> Bool {
        guard let policy else { return false }
        switch self {
        case .api:
            return policy.allows(
                "lambda:InvokeFunction", by: principal, context: ["lambda:invokedviafunctionurl": "false"])
        case .url(let authType):
            return policy.allows(
                "lambda:InvokeFunctionUrl", by: principal, context: ["lambda:functionurlauthtype": authType])
                && policy.allows(
                    "lambda:InvokeFunction", by: principal, context: ["lambda:invokedviafunctionurl": "true"])
        }
    }
}

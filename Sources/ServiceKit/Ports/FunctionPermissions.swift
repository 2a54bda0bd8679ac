/// Asks the resource policies of functions. For services that invoke functions, and that check as on AWS when they are configured
/// whether they may.
public protocol FunctionPermissions: Sendable {
    /// Whether the policy of the function, version or alias that the ARN names lets the principal invoke it. What the principal's own
    /// policies say is not asked; false if there is no such function.
    func permitsInvocation(of functionARN: String, by principal: Principal) async throws -> Bool
}

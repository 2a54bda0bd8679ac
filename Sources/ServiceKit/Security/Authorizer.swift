/// Decides whether a principal may call an operation.
public protocol Authorizer: Sendable {
    /// - Throws: ``AWSError`` `AccessDeniedException` (or the service's own form of it) if not.
    func authorize(_ principal: Principal, service: String, operation: String, account: String) async throws
}

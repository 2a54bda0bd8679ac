import Foundation
public import ServiceKit

extension LambdaService: FunctionPermissions {
    public func permitsInvocation(of functionARN: String, by principal: Principal) async throws -> Bool {
        guard let reference = FunctionReference(parsing: functionARN), let region = reference.region,
            let account = reference.account
        else { return false }
        let target = FunctionTarget(
            key: FunctionKey(account: account, region: region, name: reference.name), qualifier: reference.qualifier)
        return try await permits(target, principal)
    }

    /// The function that an invocation names, if its caller may invoke it as far as the function's resource policy is asked: for a service,
    /// in every mode, and for another account.
    /// - Throws: AWS's errors.
    func invocationTarget(_ name: String, _ qualifier: String?, _ call: Call) async throws -> FunctionTarget {
        let target = try FunctionTarget(named: name, qualifier: qualifier, in: call)
        // A destination's call is made in the target's account: it is the caller's own that counts.
        let isForeign = target.key.account != call.principal.account ?? call.account
        switch call.principal {
        case .service: break
        default: guard isForeign else { return target }
        }
        guard try await permits(target, call.principal) else {
            throw LambdaFailures.notAllowed(call.principal, "InvokeFunction", on: target.arn)
        }
        return target
    }

    private func permits(_ target: FunctionTarget, _ principal: Principal) async throws -> Bool {
        guard let function = try await known(target.key) else { return false }
        return InvocationAccess.api.isGranted(by: function.policy(target.qualifier), to: principal)
    }
}

extension FunctionRecord {
    /// The policy that decides about a qualifier. That of the function itself is `$LATEST`'s too, which can have none of its own.
    func policy(_ qualifier: String?) -> ResourcePolicy? {
        policies[qualifier == latestVersion ? "" : qualifier ?? ""]
    }
}

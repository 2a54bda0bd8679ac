public import ServiceKit

extension LambdaService {
    public func addPermission(_ input: AddPermissionRequest, _ call: Call) async throws -> AddPermissionResponse {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func removePermission(_ input: RemovePermissionRequest, _ call: Call) async throws {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func getPolicy(_ input: GetPolicyRequest, _ call: Call) async throws -> GetPolicyResponse {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }
}

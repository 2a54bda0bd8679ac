import IAM
import Persistence
import ServiceKit
import TestSupport
import Testing

@Suite struct ServiceLinkedRoleTests {
    @Test(arguments: TestDatabase.engines)
    func aServiceLinkedRoleIsTheServicesOwn(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            func create(_ service: String, suffix: String? = nil) async throws -> Role? {
                try await iam.service.createServiceLinkedRole(
                    CreateServiceLinkedRoleRequest(awsServiceName: service, customSuffix: suffix), iam.call()
                ).role
            }
            let role = try #require(try await create("autoscaling.amazonaws.com"))
            #expect(
                role.arn
                    == "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
            )
            let attached = try await iam.service.listAttachedRolePolicies(
                ListAttachedRolePoliciesRequest(roleName: role.roleName), iam.call())
            #expect(
                attached.attachedPolicies == [
                    AttachedPolicy(
                        policyName: "AutoScalingServiceRolePolicy",
                        policyArn: "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy")
                ])
            #expect(
                try await create("autoscaling.amazonaws.com", suffix: "two")?.roleName
                    == "AWSServiceRoleForAutoScaling_two")
            let taken = try await refusal { _ = try await create("autoscaling.amazonaws.com") }
            #expect(taken.code == "InvalidInput")
            let suffix = try await refusal { _ = try await create("ecs.amazonaws.com", suffix: "x") }
            #expect(suffix == IAMError.invalidInputException("Custom suffix is not allowed for ecs.amazonaws.com"))
            #expect(try await refusal { _ = try await create("unheard-of.amazonaws.com") }.code == "NotImplemented")

            let protected = try await refusal {
                try await iam.service.deleteRole(DeleteRoleRequest(roleName: role.roleName), iam.call())
            }
            #expect(
                protected
                    == IAMError.unmodifiableEntityException(
                        """
                        Cannot perform the operation on the protected role 'AWSServiceRoleForAutoScaling' - this role is only \
                        modifiable by AWS
                        """))

            let task = try await iam.service.deleteServiceLinkedRole(
                DeleteServiceLinkedRoleRequest(roleName: role.roleName), iam.call()
            ).deletionTaskId
            #expect(task.hasPrefix("task/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling/"))
            func status(_ task: String) async throws -> String {
                try await iam.service.getServiceLinkedRoleDeletionStatus(
                    GetServiceLinkedRoleDeletionStatusRequest(deletionTaskId: task), iam.call()
                ).status
            }
            #expect(try await status(task) == "SUCCEEDED")
            #expect(try await refusal { _ = try await status(task + "x") }.code == "NoSuchEntity")
            _ = try #require(try await create("autoscaling.amazonaws.com"))
            try await iam.createRole("own")
            let own = try await refusal {
                _ = try await iam.service.deleteServiceLinkedRole(
                    DeleteServiceLinkedRoleRequest(roleName: "own"), iam.call())
            }
            #expect(own.code == "InvalidInput")
            let profiles = try await iam.service.listInstanceProfilesForRole(
                ListInstanceProfilesForRoleRequest(roleName: "own"), iam.call())
            #expect(profiles.instanceProfiles.isEmpty)
        }
    }
}

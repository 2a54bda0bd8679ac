import Foundation
import IAM
import Persistence
import ServiceKit
import TestSupport
import Testing

@Suite struct RolePolicyTests {
    @Test(arguments: TestDatabase.engines)
    func inlinePoliciesArePutReadAndDeleted(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            try await iam.createRole("r")
            for name in ["b", "a", "b"] {
                try await iam.service.putRolePolicy(
                    PutRolePolicyRequest(roleName: "r", policyName: name, policyDocument: IAMFixture.identity), iam.call())
            }
            #expect(try await iam.service.listRolePolicies(ListRolePoliciesRequest(roleName: "r"), iam.call()).policyNames == ["a", "b"])
            let found = try await iam.service.getRolePolicy(GetRolePolicyRequest(roleName: "r", policyName: "a"), iam.call())
            #expect(found.policyDocument.removingPercentEncoding == IAMFixture.identity)
            let busy = try await refusal { try await iam.service.deleteRole(DeleteRoleRequest(roleName: "r"), iam.call()) }
            #expect(busy == IAMError.deleteConflictException("Cannot delete entity, must delete policies first."))
            for name in ["a", "b"] {
                try await iam.service.deleteRolePolicy(DeleteRolePolicyRequest(roleName: "r", policyName: name), iam.call())
            }
            let missing = try await refusal {
                _ = try await iam.service.getRolePolicy(GetRolePolicyRequest(roleName: "r", policyName: "a"), iam.call())
            }
            #expect(missing == IAMError.noSuchEntityException("The role policy with name a cannot be found."))
            try await iam.service.deleteRole(DeleteRoleRequest(roleName: "r"), iam.call())
        }
    }

    @Test(arguments: TestDatabase.engines)
    func inlinePoliciesTogetherHaveALimit(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            try await iam.createRole("r")
            func document(_ size: Int) -> String {
                let frame = #"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::"}]}"#
                let filler = String(repeating: "x", count: size - frame.count)
                return #"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::\#(filler)"}]}"#
            }
            func put(_ name: String, _ size: Int) async throws {
                try await iam.service.putRolePolicy(
                    PutRolePolicyRequest(roleName: "r", policyName: name, policyDocument: document(size)), iam.call())
            }
            try await put("a", 10_000)
            try await put("b", 240)
            let full = try await refusal { try await put("c", 200) }
            #expect(full == IAMError.limitExceededException("Maximum policy size of 10240 bytes exceeded for role r"))
            try await put("a", 10_000)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func managedPoliciesAreAttachedAsRecorded(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            try await iam.createRole("r")
            let arn = try await iam.createPolicy("p", path: "/x/")
            func attach(_ arn: String) async throws {
                try await iam.service.attachRolePolicy(AttachRolePolicyRequest(roleName: "r", policyArn: arn), iam.call())
            }
            for malformed in ["longpolicynamebutnoarn", "arn:aws:iam::123456789012:role/p", "arn:aws:s3:::policy/p-long-enough"] {
                #expect(try await refusal { try await attach(malformed) } == AWSError("ValidationError", message: "Invalid ARN:  Could not be parsed!"))
            }
            for missing in [
                arn + "123", iam.policyARN("p"), "arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole", "arn:aws:iam::999999999999:policy/p",
            ] {
                let error = try await refusal { try await attach(missing) }
                #expect(error == IAMError.noSuchEntityException("Policy \(missing) does not exist or is not attachable."))
            }
            let basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
            for policy in [arn, basic, basic] { try await attach(policy) }
            let linked = try await refusal {
                try await attach("arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy")
            }
            #expect(linked.code == "PolicyNotAttachable")

            let attached = try await iam.service.listAttachedRolePolicies(ListAttachedRolePoliciesRequest(roleName: "r"), iam.call())
            #expect(
                attached.attachedPolicies == [
                    AttachedPolicy(policyName: "AWSLambdaBasicExecutionRole", policyArn: basic), AttachedPolicy(policyName: "p", policyArn: arn),
                ])
            let below = try await iam.service.listAttachedRolePolicies(
                ListAttachedRolePoliciesRequest(roleName: "r", pathPrefix: "/x/"), iam.call())
            #expect(below.attachedPolicies?.map(\.policyName) == ["p"])
            let entities = try await iam.service.listEntitiesForPolicy(ListEntitiesForPolicyRequest(policyArn: arn), iam.call())
            #expect(entities.policyRoles?.map(\.roleName) == ["r"])
            #expect(try await iam.service.getPolicy(GetPolicyRequest(policyArn: arn), iam.call()).policy?.attachmentCount == 1)

            let busy = try await refusal { try await iam.service.deleteRole(DeleteRoleRequest(roleName: "r"), iam.call()) }
            #expect(busy == IAMError.deleteConflictException("Cannot delete entity, must detach all policies first."))
            let used = try await refusal { try await iam.service.deletePolicy(DeletePolicyRequest(policyArn: arn), iam.call()) }
            #expect(used == IAMError.deleteConflictException("Cannot delete a policy attached to entities."))
            for policy in [arn, basic] {
                try await iam.service.detachRolePolicy(DetachRolePolicyRequest(roleName: "r", policyArn: policy), iam.call())
            }
            let gone = try await refusal {
                try await iam.service.detachRolePolicy(DetachRolePolicyRequest(roleName: "r", policyArn: arn), iam.call())
            }
            #expect(gone == IAMError.noSuchEntityException("Policy \(arn) was not found."))
            try await iam.service.deletePolicy(DeletePolicyRequest(policyArn: arn), iam.call())
            try await iam.service.deleteRole(DeleteRoleRequest(roleName: "r"), iam.call())
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aRoleHasTenPoliciesAtMost(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            try await iam.createRole("r")
            for index in 0...10 {
                let arn = try await iam.createPolicy("p\(index)")
                let attach = {
                    try await iam.service.attachRolePolicy(AttachRolePolicyRequest(roleName: "r", policyArn: arn), iam.call())
                }
                if index < 10 {
                    try await attach()
                } else {
                    #expect(
                        try await refusal(attach) == IAMError.limitExceededException("Cannot exceed quota for PoliciesPerRole: 10"))
                }
            }
        }
    }
}

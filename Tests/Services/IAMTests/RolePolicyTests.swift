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
                    PutRolePolicyRequest(roleName: "r", policyName: name, policyDocument: IAMFixture.identity),
                    iam.call())
            }
            #expect(
                try await iam.service.listRolePolicies(ListRolePoliciesRequest(roleName: "r"), iam.call()).policyNames
                    == ["a", "b"])
            let found = try await iam.service.getRolePolicy(
                GetRolePolicyRequest(roleName: "r", policyName: "a"), iam.call())
            #expect(found.policyDocument.removingPercentEncoding == IAMFixture.identity)
            let busy = try await refusal {
                try await iam.service.deleteRole(DeleteRoleRequest(roleName: "r"), iam.call())
            }
            #expect(busy == IAMError.deleteConflictException("Cannot delete entity, must delete policies first."))
            for name in ["a", "b"] {
                try await iam.service.deleteRolePolicy(
                    DeleteRolePolicyRequest(roleName: "r", policyName: name), iam.call())
            }
            let missing = try await refusal {
                _ = try await iam.service.getRolePolicy(
                    GetRolePolicyRequest(roleName: "r", policyName: "a"), iam.call())
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

    private static let basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"

    @Test(
        arguments: TestDatabase.engines,
        ["longpolicynamebutnoarn", "arn:aws:iam::123456789012:role/p", "arn:aws:s3:::policy/p-long-enough"])
    func whatIsNoPolicysARNIsRefusedAsRecorded(engine: SQLEngine, arn: String) async throws {
        try await IAMFixture.with(engine) { iam in
            try await iam.createRole("r")
            let error = try await refusal { try await iam.attach(arn) }
            #expect(error == AWSError("ValidationError", message: "Invalid ARN:  Could not be parsed!"))
        }
    }

    @Test(
        arguments: TestDatabase.engines,
        [
            "arn:aws:iam::123456789012:policy/x/p123", "arn:aws:iam::123456789012:policy/p",
            "arn:aws:iam::999999999999:policy/x/p",
            "arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole",
        ])
    func aMissingPolicyIsRefusedAsRecorded(engine: SQLEngine, arn: String) async throws {
        try await IAMFixture.with(engine) { iam in
            try await iam.createRole("r")
            try await iam.createPolicy("p", path: "/x/")
            let error = try await refusal { try await iam.attach(arn) }
            #expect(error == IAMError.noSuchEntityException("Policy \(arn) does not exist or is not attachable."))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func managedPoliciesAreAttachedAndListed(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            try await iam.createRole("r")
            let arn = try await iam.createPolicy("p", path: "/x/")
            for policy in [arn, Self.basic, Self.basic] { try await iam.attach(policy) }
            let linked = try await refusal {
                try await iam.attach("arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy")
            }
            #expect(linked.code == "PolicyNotAttachable")
            let attached = try await iam.service.listAttachedRolePolicies(
                ListAttachedRolePoliciesRequest(roleName: "r"), iam.call())
            let expected = [
                AttachedPolicy(policyName: "AWSLambdaBasicExecutionRole", policyArn: Self.basic),
                AttachedPolicy(policyName: "p", policyArn: arn),
            ]
            #expect(attached.attachedPolicies == expected)
            let below = try await iam.service.listAttachedRolePolicies(
                ListAttachedRolePoliciesRequest(roleName: "r", pathPrefix: "/x/"), iam.call())
            #expect(below.attachedPolicies?.map(\.policyName) == ["p"])
            let entities = try await iam.service.listEntitiesForPolicy(
                ListEntitiesForPolicyRequest(policyArn: arn), iam.call())
            #expect(entities.policyRoles?.map(\.roleName) == ["r"])
            let policy = try await iam.service.getPolicy(GetPolicyRequest(policyArn: arn), iam.call()).policy
            #expect(policy?.attachmentCount == 1)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func whatIsAttachedIsNotDeleted(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            try await iam.createRole("r")
            let arn = try await iam.createPolicy("p")
            try await iam.attach(arn)
            let busy = try await refusal {
                try await iam.service.deleteRole(DeleteRoleRequest(roleName: "r"), iam.call())
            }
            #expect(busy == IAMError.deleteConflictException("Cannot delete entity, must detach all policies first."))
            let used = try await refusal {
                try await iam.service.deletePolicy(DeletePolicyRequest(policyArn: arn), iam.call())
            }
            #expect(used == IAMError.deleteConflictException("Cannot delete a policy attached to entities."))
            try await iam.detach(arn)
            let gone = try await refusal { try await iam.detach(arn) }
            #expect(gone == IAMError.noSuchEntityException("Policy \(arn) was not found."))
            try await iam.service.deletePolicy(DeletePolicyRequest(policyArn: arn), iam.call())
            try await iam.service.deleteRole(DeleteRoleRequest(roleName: "r"), iam.call())
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aRoleHasTenPoliciesAtMost(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            try await iam.createRole("r")
            for index in 0..<10 { try await iam.attach(try await iam.createPolicy("p\(index)")) }
            let more = try await iam.createPolicy("more")
            let full = try await refusal { try await iam.attach(more) }
            #expect(full == IAMError.limitExceededException("Cannot exceed quota for PoliciesPerRole: 10"))
        }
    }
}

import Foundation
import IAM
import Persistence
import ServiceKit
import TestSupport
import Testing

@Suite struct PolicyTests {
    @Test(arguments: TestDatabase.engines)
    func aPolicyIsCreatedReadAndDeleted(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            let created = try #require(
                try await iam.service.createPolicy(
                    CreatePolicyRequest(
                        policyName: "p", policyDocument: IAMFixture.identity, path: "/x/", description: "d",
                        tags: [Tag(key: "a", value: "b")]), iam.call()
                ).policy)
            #expect(created.arn == "arn:aws:iam::123456789012:policy/x/p")
            #expect(created.policyId?.hasPrefix("ANPA") == true)
            #expect(created.defaultVersionId == "v1")
            #expect(created.attachmentCount == 0 && created.permissionsBoundaryUsageCount == 0)
            #expect(created.isAttachable == true)
            let arn = try #require(created.arn)
            let taken = try await refusal { try await iam.createPolicy("P") }
            #expect(
                taken
                    == IAMError.entityAlreadyExistsException(
                        "A policy called P already exists. Duplicate names are not allowed."))
            let found = try await iam.service.getPolicy(GetPolicyRequest(policyArn: arn), iam.call()).policy
            #expect(found?.description == "d")
            #expect(found?.tags == [Tag(key: "a", value: "b")])
            for wrong in [iam.policyARN("p"), iam.policyARN("x/P"), "arn:aws:iam::000000000000:policy/x/p"] {
                let missing = try await refusal {
                    _ = try await iam.service.getPolicy(GetPolicyRequest(policyArn: wrong), iam.call())
                }
                #expect(missing == IAMError.noSuchEntityException("Policy \(wrong) was not found."))
            }
            try await iam.service.deletePolicy(DeletePolicyRequest(policyArn: arn), iam.call())
            #expect(
                try await refusal {
                    try await iam.service.deletePolicy(DeletePolicyRequest(policyArn: arn), iam.call())
                }.code == "NoSuchEntity")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aPolicyHasFiveVersionsAtMost(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            let arn = try await iam.createPolicy("p")
            func create(default isDefault: Bool) async throws -> PolicyVersion? {
                try await iam.service.createPolicyVersion(
                    CreatePolicyVersionRequest(
                        policyArn: arn, policyDocument: IAMFixture.identity, setAsDefault: isDefault), iam.call()
                ).policyVersion
            }
            iam.time.advance(by: .seconds(60))
            for number in 2...5 {
                let version = try await create(default: number == 3)
                #expect(version?.versionId == "v\(number)")
                #expect(version?.isDefaultVersion == (number == 3))
            }
            let full = try await refusal { _ = try await create(default: false) }
            #expect(full.code == "LimitExceeded")
            #expect(full.message.hasPrefix("A managed policy can have up to 5 versions."))
            let busy = try await refusal {
                try await iam.service.deletePolicyVersion(
                    DeletePolicyVersionRequest(policyArn: arn, versionId: "v3"), iam.call())
            }
            #expect(busy == IAMError.deleteConflictException("Cannot delete the default version of a policy."))
            try await iam.service.deletePolicyVersion(
                DeletePolicyVersionRequest(policyArn: arn, versionId: "v5"), iam.call())
            // Numbers are not used again.
            #expect(try await create(default: false)?.versionId == "v6")
            try await iam.service.setDefaultPolicyVersion(
                SetDefaultPolicyVersionRequest(policyArn: arn, versionId: "v1"), iam.call())
            let first = try await iam.service.listPolicyVersions(
                ListPolicyVersionsRequest(policyArn: arn, maxItems: 3), iam.call())
            let rest = try await iam.service.listPolicyVersions(
                ListPolicyVersionsRequest(policyArn: arn, marker: first.marker), iam.call())
            #expect((first.versions ?? []).map(\.versionId) == ["v6", "v4", "v3"])
            #expect((rest.versions ?? []).map(\.versionId) == ["v2", "v1"])
            #expect(rest.versions?.last?.isDefaultVersion == true)
            let version = try await iam.service.getPolicyVersion(
                GetPolicyVersionRequest(policyArn: arn, versionId: "v1"), iam.call()
            ).policyVersion
            #expect(version?.document?.removingPercentEncoding == IAMFixture.identity)
            for missing in ["v5", "v99", "x"] {
                let error = try await refusal {
                    _ = try await iam.service.getPolicyVersion(
                        GetPolicyVersionRequest(policyArn: arn, versionId: missing), iam.call())
                }
                #expect(error.code == "NoSuchEntity")
            }
            let several = try await refusal {
                try await iam.service.deletePolicy(DeletePolicyRequest(policyArn: arn), iam.call())
            }
            #expect(several.message.hasPrefix("This policy has more than one version."))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func policiesOfAWSCanBeReadAndNotChanged(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            let arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
            let policy = try #require(
                try await iam.service.getPolicy(GetPolicyRequest(policyArn: arn), iam.call()).policy)
            #expect(policy.policyName == "AWSLambdaBasicExecutionRole")
            #expect(policy.path == "/service-role/")
            let version = try await iam.service.getPolicyVersion(
                GetPolicyVersionRequest(policyArn: arn, versionId: policy.defaultVersionId ?? ""), iam.call()
            ).policyVersion
            #expect(version?.document?.removingPercentEncoding?.contains("logs:PutLogEvents") == true)
            let refused = try await refusal {
                try await iam.service.deletePolicy(DeletePolicyRequest(policyArn: arn), iam.call("DeletePolicy"))
            }
            #expect(
                refused
                    == AWSError(
                        "AccessDenied", status: 403,
                        message:
                            "User: arn:aws:iam::123456789012:root is not authorized to perform: iam:DeletePolicy on resource: policy \(arn)"
                    ))
            let unknown = "arn:aws:iam::aws:policy/NoSuchPolicyOfAWS"
            #expect(
                try await refusal {
                    _ = try await iam.service.getPolicy(GetPolicyRequest(policyArn: unknown), iam.call())
                }.code == "NoSuchEntity")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func policiesAreListed(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            let arn = try await iam.createPolicy("mine", path: "/x/")
            try await iam.createPolicy("other")
            try await iam.createRole("r")
            try await iam.service.attachRolePolicy(AttachRolePolicyRequest(roleName: "r", policyArn: arn), iam.call())
            try await iam.service.attachRolePolicy(
                AttachRolePolicyRequest(roleName: "r", policyArn: "arn:aws:iam::aws:policy/AmazonS3FullAccess"),
                iam.call())
            func names(_ input: ListPoliciesRequest) async throws -> [String?] {
                (try await iam.service.listPolicies(input, iam.call()).policies ?? []).map(\.policyName)
            }
            #expect(try await names(ListPoliciesRequest(scope: "Local")) == ["mine", "other"])
            #expect(try await names(ListPoliciesRequest(pathPrefix: "/x/")) == ["mine"])
            #expect(try await names(ListPoliciesRequest(onlyAttached: true)) == ["AmazonS3FullAccess", "mine"])
            #expect(try await names(ListPoliciesRequest(policyUsageFilter: "PermissionsBoundary")).isEmpty)
            #expect(
                try await names(ListPoliciesRequest(scope: "AWS", pathPrefix: "/job-function/")).contains(
                    "ViewOnlyAccess"))
            var all: [String?] = []
            var marker: String?
            repeat {
                let page = try await iam.service.listPolicies(
                    ListPoliciesRequest(marker: marker, maxItems: 150), iam.call())
                all += (page.policies ?? []).map(\.arn)
                marker = page.marker
            } while marker != nil
            #expect(all.count == Set(all).count)
            #expect(all.count > 300)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func policiesHaveTags(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            let arn = try await iam.createPolicy("p")
            try await iam.service.tagPolicy(
                TagPolicyRequest(policyArn: arn, tags: [Tag(key: "a", value: "1")]), iam.call())
            #expect(
                try await iam.service.listPolicyTags(ListPolicyTagsRequest(policyArn: arn), iam.call()).tags == [
                    Tag(key: "a", value: "1")
                ])
            try await iam.service.untagPolicy(UntagPolicyRequest(policyArn: arn, tagKeys: ["A"]), iam.call())
            #expect(
                try await iam.service.listPolicyTags(ListPolicyTagsRequest(policyArn: arn), iam.call()).tags.isEmpty)
        }
    }
}

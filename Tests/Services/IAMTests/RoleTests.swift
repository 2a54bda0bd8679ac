import IAM
import Persistence
import ServiceKit
import TestSupport
import Testing

@Suite struct RoleTests {
    @Test(arguments: TestDatabase.engines)
    func aRoleIsCreatedReadAndDeleted(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            let created = try await iam.service.createRole(
                CreateRoleRequest(
                    roleName: "Worker", assumeRolePolicyDocument: IAMFixture.trust, path: "/app/", description: "Works",
                    maxSessionDuration: 7200, tags: [Tag(key: "team", value: "a")]), iam.call()
            ).role
            #expect(created.arn == "arn:aws:iam::123456789012:role/app/Worker")
            #expect(created.path == "/app/")
            #expect(created.roleId.hasPrefix("AROA") && created.roleId.count == 21)
            #expect(created.createDate == iam.time.now)
            #expect(created.tags == [Tag(key: "team", value: "a")])
            #expect(created.assumeRolePolicyDocument?.hasPrefix("%7B%22Version%22%3A%222012-10-17%22") == true)
            // As recorded: CreateRole tells neither the duration nor the last use.
            #expect(created.maxSessionDuration == nil)
            #expect(created.roleLastUsed == nil)

            let found = try await iam.service.getRole(GetRoleRequest(roleName: "Worker"), iam.call()).role
            #expect(found.roleId == created.roleId)
            #expect(found.description == "Works")
            #expect(found.maxSessionDuration == 7200)
            #expect(found.roleLastUsed == RoleLastUsed())
            #expect(found.tags == [Tag(key: "team", value: "a")])

            #expect(try await iam.service.role(account: iam.account, name: "Worker")?.id == created.roleId)
            #expect(try await iam.service.role(account: "000000000000", name: "Worker") == nil)

            try await iam.service.deleteRole(DeleteRoleRequest(roleName: "Worker"), iam.call())
            let missing = try await refusal {
                _ = try await iam.service.getRole(GetRoleRequest(roleName: "Worker"), iam.call())
            }
            #expect(missing == IAMError.noSuchEntityException("The role with name Worker cannot be found."))
            // Its tags are gone too.
            try await iam.createRole("Worker")
            #expect(
                try await iam.service.listRoleTags(ListRoleTagsRequest(roleName: "Worker"), iam.call()).tags.isEmpty)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func namesAreTakenWhateverTheirCase(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            try await iam.createRole("Worker")
            let taken = try await refusal { try await iam.createRole("worker") }
            #expect(taken == IAMError.entityAlreadyExistsException("Role with name worker already exists."))
            try await iam.of(account: "000000000000").createRole("Worker")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func rolesAreListedInPages(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            for name in ["b", "A", "c", "D"] { try await iam.createRole(name, path: name == "c" ? "/x/y/" : "/x/") }
            try await iam.createRole("other")
            var names: [String] = []
            var marker: String?
            repeat {
                let page = try await iam.service.listRoles(
                    ListRolesRequest(pathPrefix: "/x/", marker: marker, maxItems: 3), iam.call())
                names += page.roles.map(\.roleName)
                marker = page.marker
                #expect(page.isTruncated == (marker != nil))
                #expect(
                    page.roles.allSatisfy { $0.maxSessionDuration == 3600 && $0.tags == nil && $0.roleLastUsed == nil })
            } while marker != nil
            #expect(names == ["A", "b", "c", "D"])
            #expect(
                try await iam.service.listRoles(ListRolesRequest(pathPrefix: "/x/y/"), iam.call()).roles.map(\.roleName)
                    == ["c"])
            let all = try await iam.service.listRoles(ListRolesRequest(), iam.call())
            #expect(all.roles.count == 5)
            #expect(all.isTruncated == false)
            let bad = try await refusal {
                _ = try await iam.service.listRoles(ListRolesRequest(marker: "x"), iam.call())
            }
            #expect(bad.code == "ValidationError")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func rolesAreChanged(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            try await iam.createRole("r")
            _ = try await iam.service.updateRole(
                UpdateRoleRequest(roleName: "r", description: "new", maxSessionDuration: 43200), iam.call())
            let described = try await iam.service.updateRoleDescription(
                UpdateRoleDescriptionRequest(roleName: "r", description: "newer"), iam.call())
            #expect(described.role?.description == "newer")
            let trust = #"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#
            try await iam.service.updateAssumeRolePolicy(
                UpdateAssumeRolePolicyRequest(roleName: "r", policyDocument: trust), iam.call())
            let description = try #require(try await iam.service.description(account: iam.account, role: "r"))
            #expect(description.trustPolicy == trust)
            #expect(description.maxSessionDuration == 43200)

            try await iam.service.noteUse(account: iam.account, role: "r", region: "eu-west-1", at: iam.time.now)
            let used = try await iam.service.getRole(GetRoleRequest(roleName: "r"), iam.call()).role.roleLastUsed
            #expect(used == RoleLastUsed(lastUsedDate: iam.time.now, region: "eu-west-1"))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aTrustedRoleMustExist(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            func create(_ name: String, trusting principal: String) async throws {
                let trust =
                    #"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"\#(principal)"},"Action":"sts:AssumeRole"}]}"#
                _ = try await iam.service.createRole(
                    CreateRoleRequest(roleName: name, assumeRolePolicyDocument: trust), iam.call())
            }
            let arn = "arn:aws:iam::123456789012:role/a"
            let missing = try await refusal { try await create("b", trusting: arn) }
            #expect(
                missing == IAMError.malformedPolicyDocumentException("Invalid principal in policy: \"AWS\":\"\(arn)\""))
            try await iam.createRole("a")
            try await create("b", trusting: arn)
            // Other accounts can't be seen.
            try await create("c", trusting: "arn:aws:iam::999999999999:role/unknown")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func tagsAreKept(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            try await iam.createRole("r")
            try await iam.service.tagRole(
                TagRoleRequest(roleName: "r", tags: [Tag(key: "b", value: "1"), Tag(key: "a", value: "2")]), iam.call())
            try await iam.service.tagRole(TagRoleRequest(roleName: "r", tags: [Tag(key: "A", value: "3")]), iam.call())
            try await iam.service.untagRole(UntagRoleRequest(roleName: "r", tagKeys: ["b", "none"]), iam.call())
            let listed = try await iam.service.listRoleTags(ListRoleTagsRequest(roleName: "r"), iam.call())
            #expect(listed.tags == [Tag(key: "A", value: "3")])
            #expect(listed.isTruncated == false)
            let double = try await refusal {
                try await iam.service.tagRole(
                    TagRoleRequest(roleName: "r", tags: [Tag(key: "x", value: ""), Tag(key: "X", value: "")]),
                    iam.call())
            }
            #expect(
                double
                    == IAMError.invalidInputException(
                        "Duplicate tag keys found. Please note that Tag keys are case insensitive."))
            try await iam.service.tagRole(
                TagRoleRequest(roleName: "r", tags: (0..<49).map { Tag(key: "k\($0)", value: "") }), iam.call())
            let full = try await refusal {
                try await iam.service.tagRole(
                    TagRoleRequest(roleName: "r", tags: [Tag(key: "one more", value: "")]), iam.call())
            }
            #expect(full.code == "LimitExceeded")
            let page = try await iam.service.listRoleTags(ListRoleTagsRequest(roleName: "r", maxItems: 30), iam.call())
            let rest = try await iam.service.listRoleTags(
                ListRoleTagsRequest(roleName: "r", marker: page.marker), iam.call())
            #expect(page.tags.count == 30 && rest.tags.count == 20)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func theBoundaryIsAPolicyThatExists(engine: SQLEngine) async throws {
        try await IAMFixture.with(engine) { iam in
            let missing = try await refusal {
                _ = try await iam.service.createRole(
                    CreateRoleRequest(
                        roleName: "r", assumeRolePolicyDocument: IAMFixture.trust,
                        permissionsBoundary: iam.policyARN("none")), iam.call())
            }
            #expect(
                missing
                    == IAMError.noSuchEntityException(
                        "Scope ARN: \(iam.policyARN("none")) does not exist or is not attachable."))
            let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
            _ = try await iam.service.createRole(
                CreateRoleRequest(roleName: "r", assumeRolePolicyDocument: IAMFixture.trust, permissionsBoundary: arn),
                iam.call())
            let boundary = AttachedPermissionsBoundary(permissionsBoundaryType: "Policy", permissionsBoundaryArn: arn)
            #expect(
                try await iam.service.getRole(GetRoleRequest(roleName: "r"), iam.call()).role.permissionsBoundary
                    == boundary)
            #expect(
                try await iam.service.listRoles(ListRolesRequest(), iam.call()).roles.first?.permissionsBoundary == nil)
            let policy = try await iam.service.getPolicy(GetPolicyRequest(policyArn: arn), iam.call()).policy
            #expect(policy?.permissionsBoundaryUsageCount == 1)
            #expect(policy?.attachmentCount == 0)

            try await iam.service.deleteRolePermissionsBoundary(
                DeleteRolePermissionsBoundaryRequest(roleName: "r"), iam.call())
            #expect(
                try await iam.service.getRole(GetRoleRequest(roleName: "r"), iam.call()).role.permissionsBoundary == nil
            )
            let own = try await iam.createPolicy("mine")
            try await iam.service.putRolePermissionsBoundary(
                PutRolePermissionsBoundaryRequest(roleName: "r", permissionsBoundary: own), iam.call())
            let used = try await refusal {
                try await iam.service.deletePolicy(DeletePolicyRequest(policyArn: own), iam.call())
            }
            #expect(used == IAMError.deleteConflictException("Cannot delete a policy attached to entities."))
        }
    }
}

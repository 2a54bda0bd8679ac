import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import Lambda

struct CodeSigningTests {
    private static let profile = "arn:aws:signer:us-east-1:111111111111:/signing-profiles/test"
    private static let unknown = "arn:aws:lambda:us-east-1:111111111111:code-signing-config:csc-00000000000000000"

    private func make(
        _ fixture: LambdaFixture, policy: String? = nil, tags: [String: String]? = nil
    ) async throws -> CodeSigningConfig {
        try await fixture.service.createCodeSigningConfig(
            CreateCodeSigningConfigRequest(
                allowedPublishers: AllowedPublishers(signingProfileVersionArns: [Self.profile]), description: "d",
                codeSigningPolicies: policy.map { CodeSigningPolicies(untrustedArtifactOnDeployment: $0) }, tags: tags),
            fixture.call("CreateCodeSigningConfig")
        ).codeSigningConfig
    }

    private func get(_ fixture: LambdaFixture, _ arn: String) async throws -> CodeSigningConfig {
        try await fixture.service.getCodeSigningConfig(
            GetCodeSigningConfigRequest(codeSigningConfigArn: arn), fixture.call("GetCodeSigningConfig")
        ).codeSigningConfig
    }

    private func update(_ fixture: LambdaFixture, _ arn: String, policy: String?) async throws -> CodeSigningConfig {
        try await fixture.service.updateCodeSigningConfig(
            UpdateCodeSigningConfigRequest(
                codeSigningConfigArn: arn,
                codeSigningPolicies: policy.map { CodeSigningPolicies(untrustedArtifactOnDeployment: $0) }),
            fixture.call("UpdateCodeSigningConfig")
        ).codeSigningConfig
    }

    private func delete(_ fixture: LambdaFixture, _ arn: String) async throws {
        _ = try await fixture.service.deleteCodeSigningConfig(
            DeleteCodeSigningConfigRequest(codeSigningConfigArn: arn), fixture.call("DeleteCodeSigningConfig"))
    }

    private func attach(_ fixture: LambdaFixture, _ arn: String, to name: String = "f") async throws {
        _ = try await fixture.service.putFunctionCodeSigningConfig(
            PutFunctionCodeSigningConfigRequest(codeSigningConfigArn: arn, functionName: name),
            fixture.call("PutFunctionCodeSigningConfig"))
    }

    private func detach(_ fixture: LambdaFixture, _ name: String = "f") async throws {
        try await fixture.service.deleteFunctionCodeSigningConfig(
            DeleteFunctionCodeSigningConfigRequest(functionName: name),
            fixture.call("DeleteFunctionCodeSigningConfig"))
    }

    private func attached(
        _ fixture: LambdaFixture, _ name: String = "f"
    ) async throws -> GetFunctionCodeSigningConfigResponse {
        try await fixture.service.getFunctionCodeSigningConfig(
            GetFunctionCodeSigningConfigRequest(functionName: name), fixture.call("GetFunctionCodeSigningConfig"))
    }

    private func functions(
        _ fixture: LambdaFixture, _ arn: String, marker: String? = nil, size: Int? = nil
    ) async throws -> ListFunctionsByCodeSigningConfigResponse {
        try await fixture.service.listFunctionsByCodeSigningConfig(
            ListFunctionsByCodeSigningConfigRequest(codeSigningConfigArn: arn, marker: marker, maxItems: size),
            fixture.call("ListFunctionsByCodeSigningConfig"))
    }

    @Test(arguments: TestDatabase.engines)
    func theLifeOfAConfiguration(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            let made = try await make(fixture)
            #expect(made.codeSigningConfigId.utf8.count == 21)
            #expect(
                made.codeSigningConfigArn.hasSuffix(":111111111111:code-signing-config:\(made.codeSigningConfigId)"))
            #expect(made.codeSigningPolicies.untrustedArtifactOnDeployment == "Warn")
            #expect(made.lastModified == "2026-01-01T00:00:00.000+0000")
            let arn = made.codeSigningConfigArn
            fixture.time.advance(by: .seconds(60))
            #expect(try await update(fixture, arn, policy: nil) == made)
            let updated = try await update(fixture, arn, policy: "Enforce")
            #expect(updated.codeSigningPolicies.untrustedArtifactOnDeployment == "Enforce")
            #expect(updated.lastModified == "2026-01-01T00:01:00.000+0000")
            #expect(try await get(try fixture.restarted(), arn) == updated)
            let others = [try await make(fixture), try await make(fixture)].map(\.codeSigningConfigArn)
            var listed: [String] = []
            var marker: String?
            repeat {
                let page = try await fixture.service.listCodeSigningConfigs(
                    ListCodeSigningConfigsRequest(marker: marker, maxItems: 2), fixture.call("ListCodeSigningConfigs"))
                listed += (page.codeSigningConfigs ?? []).map(\.codeSigningConfigArn)
                marker = page.nextMarker
            } while marker != nil
            #expect(listed == (others + [arn]).sorted())
            try await delete(fixture, arn)
            let error = await #expect(throws: AWSError.self) { try await get(fixture, arn) }
            #expect(error?.message == "The Lambda code signing configuration \(arn) can not be found.")
            #expect(error?.fields.isEmpty == true)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func functionsHaveConfigurations(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            let arn = try await make(fixture).codeSigningConfigArn
            try await fixture.create("a") { $0.codeSigningConfigArn = arn }
            try await fixture.create("b")
            #expect(try await attached(fixture, "b") == GetFunctionCodeSigningConfigResponse())
            try await detach(fixture, "b")
            try await attach(fixture, arn, to: "b")
            #expect(
                try await attached(fixture, "b")
                    == GetFunctionCodeSigningConfigResponse(codeSigningConfigArn: arn, functionName: "b"))
            let first = try await functions(fixture, arn, size: 1)
            #expect(first.functionArns == [fixture.arn("a")])
            #expect(
                try await functions(fixture, arn, marker: first.nextMarker).functionArns == [fixture.arn("b")])
            let used = await #expect(throws: AWSError.self) { try await delete(fixture, arn) }
            #expect(used?.code == "ResourceConflictException")
            try await fixture.delete("a")
            try await detach(fixture, "b")
            #expect(try await functions(fixture, arn) == ListFunctionsByCodeSigningConfigResponse(functionArns: []))
            try await delete(fixture, arn)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func unsignedCodeIsRefusedUnderEnforce(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            let arn = try await make(fixture, policy: "Enforce").codeSigningConfigArn
            let refusal =
                "Lambda cannot deploy the function. The function or layer might be signed using a signature that the "
                + "client is not configured to accept. Check the provided signature for f."
            let created = await #expect(throws: AWSError.self) {
                try await fixture.create { $0.codeSigningConfigArn = arn }
            }
            #expect(created?.code == "CodeVerificationFailedException")
            #expect(created?.message == refusal)
            try await fixture.create()
            try await attach(fixture, arn)
            try await fixture.invoke()
            try await fixture.configure { $0.timeout = 4 }
            let updated = await #expect(throws: AWSError.self) { try await fixture.updateCode(code: "2") }
            #expect(updated?.message == refusal)
            _ = try await update(fixture, arn, policy: "Warn")
            try await fixture.updateCode(code: "2")
        }
    }

    @Test func whatIsMissingIsNamed() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            let arn = try await make(fixture).codeSigningConfigArn
            for operation in [get, { try await update($0, $1, policy: "Warn") }] {
                let error = await #expect(throws: AWSError.self) { _ = try await operation(fixture, Self.unknown) }
                #expect(error == CodeSigningFailures.notFound(Self.unknown))
            }
            await #expect(throws: CodeSigningFailures.notFound(Self.unknown)) {
                try await delete(fixture, Self.unknown)
            }
            await #expect(throws: CodeSigningFailures.notFound(Self.unknown)) {
                _ = try await functions(fixture, Self.unknown)
            }
            let missing = CodeSigningFailures.missing(Self.unknown)
            #expect(missing.status == 404)
            await #expect(throws: missing) { try await attach(fixture, Self.unknown, to: "none") }
            await #expect(throws: missing) {
                try await fixture.create { $0.codeSigningConfigArn = Self.unknown }
            }
            let notThere = LambdaFailures.functionNotFound(fixture.arn("none"))
            await #expect(throws: notThere) { try await attach(fixture, arn, to: "none") }
            await #expect(throws: notThere) { try await detach(fixture, "none") }
            await #expect(throws: notThere) { _ = try await attached(fixture, "none") }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func configurationsHaveTags(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            let arn = try await make(fixture, tags: ["a": "1"]).codeSigningConfigArn
            try await fixture.service.tagResource(
                TagResourceRequest(resource: arn, tags: ["b": "2"]), fixture.call("TagResource"))
            try await fixture.service.untagResource(
                UntagResourceRequest(resource: arn, tagKeys: ["a", "c"]), fixture.call("UntagResource"))
            let list = ListTagsRequest(resource: arn)
            #expect(try await fixture.service.listTags(list, fixture.call("ListTags")).tags == ["b": "2"])
            try await delete(fixture, arn)
            let error = await #expect(throws: AWSError.self) {
                try await fixture.service.listTags(list, fixture.call("ListTags"))
            }
            #expect(error?.message == "Code signing configuration not found: \(arn)")
        }
    }
}

import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import Lambda

struct VersionTests {
    @Test(arguments: TestDatabase.engines)
    func versionsArePublishedWhenSomethingChanged(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create { $0.description = "No version :(" }
            let first = try await fixture.publish(description: "First version description :)")
            #expect(first.version == "1")
            #expect(first.functionArn == fixture.arn("f:1"))
            #expect(first.description == "First version description :)")
            #expect(first.state == "Active" && first.lastUpdateStatus == "Successful")
            // Nothing has changed since.
            #expect(try await fixture.publish(description: "ignored") == first)
            try await fixture.configure { $0.timeout = 3 }
            #expect(try await fixture.publish().version == "1")
            try await fixture.configure { $0.description = "other" }
            #expect(try await fixture.publish().version == "2")
            try await fixture.updateCode(code: "2")
            #expect(try await fixture.publish().version == "3")
            #expect(try await fixture.updateCode(code: "3") { $0.publish = true }.version == "4")
            #expect(try await fixture.get("f", "1").codeSha256 == first.codeSha256)
            // Numbers are never used again.
            try await fixture.delete("f", "4")
            try await fixture.updateCode(code: "4")
            #expect(try await fixture.publish().version == "5")
        }
    }

    @Test func theCodesDigestIsChecked() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            let sha = try #require(try await fixture.create().codeSha256)
            let error = await #expect(throws: AWSError.self) {
                try await fixture.service.publishVersion(
                    PublishVersionRequest(functionName: "f", codeSha256: "somenonexistentsha256"),
                    fixture.call("PublishVersion"))
            }
            #expect(
                error?.message
                    == "CodeSHA256 (somenonexistentsha256) is different from current CodeSHA256 in $LATEST (\(sha)). "
                    + "Please try again with the CodeSHA256 in $LATEST.")
            let version = try await fixture.service.publishVersion(
                PublishVersionRequest(functionName: "f", codeSha256: sha), fixture.call("PublishVersion"))
            #expect(version.version == "1")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func listsShowNoStates(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create { $0.publish = true }
            let list = try await fixture.service.listVersionsByFunction(
                ListVersionsByFunctionRequest(functionName: "f"), fixture.call("ListVersionsByFunction"))
            let versions = try #require(list.versions)
            #expect(versions.map(\.version) == ["$LATEST", "1"])
            #expect(versions.map(\.functionArn) == [fixture.arn("f:$LATEST"), fixture.arn("f:1")])
            #expect(
                versions.allSatisfy { $0.state == nil && $0.lastUpdateStatus == nil && $0.runtimeVersionConfig == nil })
            #expect(versions[0].revisionId == (try await fixture.get().revisionId))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func listsComeInPages(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            for name in ["c", "a", "b"] { try await fixture.create(name) { $0.publish = true } }
            try await fixture.create("other", account: "222222222222")
            func page(_ marker: String?, all: Bool = false) async throws -> ListFunctionsResponse {
                try await fixture.service.listFunctions(
                    ListFunctionsRequest(functionVersion: all ? "ALL" : nil, marker: marker, maxItems: 2),
                    fixture.call("ListFunctions"))
            }
            let first = try await page(nil)
            #expect(first.functions?.map(\.functionArn) == [fixture.arn("a"), fixture.arn("b")])
            let second = try await page(first.nextMarker)
            #expect(second.functions?.map(\.functionName) == ["c"])
            #expect(second.nextMarker == nil)
            var arns: [String] = []
            var marker: String?
            repeat {
                let next = try await page(marker, all: true)
                arns += (next.functions ?? []).compactMap(\.functionArn)
                marker = next.nextMarker
            } while marker != nil
            #expect(arns == ["a:$LATEST", "a:1", "b:$LATEST", "b:1", "c:$LATEST", "c:1"].map(fixture.arn))
        }
    }

    @Test func deletionsAreRefusedAsOnAWS() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create { $0.publish = true }
            try await fixture.alias("live", "1")
            await #expect(
                throws: LambdaFailures.invalidParameter(
                    "$LATEST version cannot be deleted without deleting the function.")
            ) {
                try await fixture.delete("f", "$LATEST")
            }
            await #expect(throws: LambdaFailures.invalidParameter("Deletion of aliases is not currently supported.")) {
                try await fixture.delete("f:live")
            }
            await #expect(
                throws: LambdaFailures.conflict(
                    "Unable to delete version because the following aliases reference it: [live]")
            ) {
                try await fixture.delete("f", "1")
            }
            await #expect(throws: LambdaFailures.functionNotFound(fixture.arn("f:9"))) {
                try await fixture.delete("f", "9")
            }
            try await fixture.delete()
            await #expect(throws: LambdaFailures.functionNotFound(fixture.arn("f:1"))) {
                _ = try await fixture.get("f", "1")
            }
            #expect(fixture.invoker.retirements.last == .init(name: "f", version: nil, exceptRevision: nil))
            // A function of the same name is a new one.
            try await fixture.create("f", code: "new")
            #expect(try await fixture.publish().version == "1")
        }
    }
}

struct AliasTests {
    @Test(arguments: TestDatabase.engines)
    func theLifeOfAnAlias(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create { $0.publish = true }
            try await fixture.updateCode(code: "2") { $0.publish = true }
            let created = try await fixture.alias("one", "1", ["2": 0.2])
            #expect(created.aliasArn == fixture.arn("f:one"))
            #expect(created.description == "")
            #expect(created.routingConfig?.additionalVersionWeights == ["2": 0.2])
            let service = fixture.service
            let found = try await service.getAlias(
                GetAliasRequest(functionName: "f", name: "one"), fixture.call("GetAlias"))
            #expect(found == created)
            let function = try await fixture.get("f", "one")
            #expect(function.functionArn == fixture.arn("f:one"))
            #expect(function.version == "1")
            try await fixture.alias("two", "2")
            func list(_ version: String?) async throws -> [String?] {
                try await service.listAliases(
                    ListAliasesRequest(functionName: "f", functionVersion: version), fixture.call("ListAliases")
                ).aliases?.map(\.name) ?? []
            }
            #expect(try await list(nil) == ["one", "two"])
            #expect(try await list("2") == ["one", "two"])
            let updated = try await service.updateAlias(
                UpdateAliasRequest(
                    functionName: "f", name: "one",
                    routingConfig: AliasRoutingConfiguration(additionalVersionWeights: [:])),
                fixture.call("UpdateAlias"))
            #expect(updated.routingConfig == nil)
            #expect(updated.functionVersion == "1")
            #expect(updated.revisionId != created.revisionId)
            #expect(try await list("2") == ["two"])
            await #expect(throws: LambdaFailures.revisionMismatch) {
                _ = try await service.updateAlias(
                    UpdateAliasRequest(functionName: "f", name: "one", revisionId: created.revisionId),
                    fixture.call("UpdateAlias"))
            }
            for _ in 0..<2 {
                try await service.deleteAlias(
                    DeleteAliasRequest(functionName: "f", name: "one"), fixture.call("DeleteAlias"))
            }
            #expect(try await list(nil) == ["two"])
        }
    }

    @Test func refusals() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create { $0.publish = true }
            try await fixture.updateCode(code: "2") { $0.publish = true }
            await #expect(throws: LambdaFailures.functionNotFound(fixture.arn("f:10"))) {
                try await fixture.alias("a", "10")
            }
            await #expect(throws: LambdaFailures.functionNotFound(fixture.arn("f:10"))) {
                try await fixture.alias("a", "1", ["10": 0.5])
            }
            await #expect(throws: LambdaFailures.functionNotFound(fixture.arn("unknown:1"))) {
                try await fixture.alias("a", "1", function: "unknown")
            }
            try await fixture.alias("latest", "$LATEST")
            #expect(try await fixture.alias("empty", "1", [:]).routingConfig == nil)
            try await fixture.alias("custom", "1", ["2": 0.5])
            await #expect(throws: LambdaFailures.conflict("Alias already exists: \(fixture.arn("f:custom"))")) {
                try await fixture.alias("custom", "1")
            }
            await #expect(throws: LambdaFailures.notFound("Cannot find alias arn: \(fixture.arn("f:non-existent"))")) {
                _ = try await fixture.service.getAlias(
                    GetAliasRequest(functionName: "f", name: "non-existent"), fixture.call("GetAlias"))
            }
            await #expect(throws: LambdaFailures.notFound("Alias not found: \(fixture.arn("f:non-existent"))")) {
                _ = try await fixture.service.updateAlias(
                    UpdateAliasRequest(functionName: "f", name: "non-existent"), fixture.call("UpdateAlias"))
            }
            await #expect(throws: LambdaFailures.functionNotFound(fixture.arn("unknown"))) {
                _ = try await fixture.service.listAliases(
                    ListAliasesRequest(functionName: "unknown"), fixture.call("ListAliases"))
            }
        }
    }
}

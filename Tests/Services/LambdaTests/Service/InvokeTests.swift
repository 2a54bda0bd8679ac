import Execution
import Foundation
import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import Lambda

struct InvokeTests {
    @Test(arguments: TestDatabase.engines)
    func anInvocationReachesTheRightVersion(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create {
                $0.environment = Environment(variables: ["A": "1"])
                $0.publish = true
            }
            let answer = try await fixture.invoke {
                $0.payload = Array("{\"a\":1}".utf8)
                $0.logType = "Tail"
                $0.clientContext = Data("{\"custom\":{}}".utf8).base64EncodedString()
            }
            #expect(answer.statusCode == 200)
            #expect(answer.executedVersion == "$LATEST")
            #expect(answer.payload == Array("{\"a\":1}".utf8))
            #expect(answer.functionError == nil)
            #expect(answer.logResult == Data("START\n".utf8).base64EncodedString())
            let (function, request) = try #require(fixture.invoker.invocations.first)
            #expect(function.environment == ["A": "1"])
            #expect(function.logGroup == "/aws/lambda/f")
            #expect(request.invokedFunctionARN == fixture.arn("f"))
            #expect(request.clientContext == "{\"custom\":{}}")
            #expect(request.requestID == "8a1f5a51-1111-4222-8333-444455556666")
            try await fixture.alias("live", "1")
            #expect(try await fixture.invoke(fixture.arn("f:live")).executedVersion == "1")
            #expect(fixture.invoker.invocations.last?.1.invokedFunctionARN == fixture.arn("f:live"))
            try await fixture.invoke("f", "$LATEST")
            #expect(fixture.invoker.invocations.last?.1.invokedFunctionARN == fixture.arn("f:$LATEST"))
        }
    }

    @Test func weightedAliasesReachBothVersions() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create { $0.publish = true }
            try await fixture.updateCode(code: "2") { $0.publish = true }
            try await fixture.alias("half", "1", ["2": 0.5])
            var versions: Set<String> = []
            for _ in 0..<200 { versions.insert(try await fixture.invoke("f", "half").executedVersion ?? "") }
            #expect(versions == ["1", "2"])
        }
    }

    @Test func aFunctionsFailureIsShown() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create { $0.handler = "index.fails" }
            let answer = try await fixture.invoke()
            #expect(answer.functionError == "Unhandled")
            #expect(answer.statusCode == 200)
        }
    }

    @Test func aDryRunRunsNothing() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            let answer = try await fixture.invoke { $0.invocationType = "DryRun" }
            #expect(answer == InvocationResponse(statusCode: 204))
            #expect(fixture.invoker.invocations.isEmpty)
        }
    }

    @Test func whatIsNotThereIsNotFoundWithItsQualifier() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            await #expect(throws: LambdaFailures.functionNotFound(fixture.arn("doesnotexist:$LATEST"))) {
                try await fixture.invoke("doesnotexist")
            }
            try await fixture.create()
            await #expect(throws: LambdaFailures.functionNotFound(fixture.arn("f:non-existent-alias"))) {
                try await fixture.invoke("f", "non-existent-alias")
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func everythingIsThereAfterARestart(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            for number in 0..<20 { try await fixture.create("f\(number)") { $0.publish = true } }
            try await fixture.alias("live", "1", function: "f7")
            // Before and after the catalogue is filled.
            for isFilled in [false, true] {
                let restarted = try fixture.restarted()
                if isFilled {
                    let run = Task { try await restarted.service.run() }
                    defer { run.cancel() }
                    while case .unknown = restarted.service.catalog.lookUp(
                        FunctionKey(account: LambdaFixture.account, region: LambdaFixture.region, name: "missing"))
                    { await Task.yield() }
                }
                #expect(try await restarted.invoke("f7", "live").executedVersion == "1")
                #expect(try await restarted.invoke("f19").executedVersion == "$LATEST")
                await #expect(throws: LambdaFailures.functionNotFound(fixture.arn("f20:$LATEST"))) {
                    try await restarted.invoke("f20")
                }
            }
        }
    }
}

struct PackageLifeTests {
    @Test func aLostFolderIsUnpackedAgain() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            let code = fixture.folder + "/code"
            try FileManager.default.removeItem(atPath: code)
            try FileManager.default.createDirectory(atPath: code, withIntermediateDirectories: true)
            let restarted = try fixture.restarted()
            try await restarted.invoke()
            let folder = try #require(restarted.invoker.invocations.first?.0.codeFolder)
            #expect(try String(contentsOfFile: folder + "/index.py", encoding: .utf8) == "1")
        }
    }

    @Test func whatACrashLeftIsSwept() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            let code = fixture.folder + "/code"
            try FileManager.default.createDirectory(atPath: code + "/.incoming-1", withIntermediateDirectories: true)
            try FileManager.default.createDirectory(atPath: code + "/orphan", withIntermediateDirectories: true)
            let restarted = try fixture.restarted()
            try await restarted.service.collector.sweep()
            #expect(try FileManager.default.contentsOfDirectory(atPath: code).count == 1)
            try await restarted.invoke()
        }
    }

    @Test func functionsShareThePackageUntilTheLastIsGone() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            let service = fixture.service
            try await fixture.create("f")
            try await fixture.create("g")
            #expect(fixture.blobs.digests.count == 1)
            try await fixture.delete("f")
            await service.collector.collect(service.logger)
            #expect(fixture.blobs.digests.count == 1)
            try await fixture.invoke("g")
            try await fixture.updateCode("g", code: "2")
            await service.collector.collect(service.logger)
            #expect(fixture.blobs.digests.count == 1)
            try await fixture.delete("g")
            await service.collector.collect(service.logger)
            #expect(fixture.blobs.digests.isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder + "/code").isEmpty)
        }
    }

    @Test func packagesAreDownloadedByTheirURL() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            let found = try await fixture.service.getFunction(
                GetFunctionRequest(functionName: "f"), fixture.call("GetFunction"))
            let location = try #require(found.code?.location)
            let url = try #require(URLComponents(string: location))
            #expect(location.hasPrefix("http://localhost:4566/_martlet/code/"))
            let query = try #require(url.query)
            let good = try await fixture.service.codeDownload(path: url.path, query: query)
            #expect(good.status == 200)
            #expect(good.body == LambdaFixture.package("1"))
            for (path, query) in [
                (url.path, ""), (url.path, query + "0"), (url.path + "0", query),
                (url.path, query.replacingOccurrences(of: "Until=", with: "Until=9")),
            ] {
                #expect(try await fixture.service.codeDownload(path: path, query: query).status == 403)
            }
            fixture.time.advance(by: .seconds(601))
            #expect(try await fixture.service.codeDownload(path: url.path, query: query).status == 403)
        }
    }

    @Test func aResetForgetsEverything() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            try await fixture.database.eraseAll()
            try await fixture.service.reset()
            await #expect(throws: LambdaFailures.functionNotFound(fixture.arn("f:$LATEST"))) {
                try await fixture.invoke()
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder + "/code").isEmpty)
            try await fixture.create()
            try await fixture.invoke()
        }
    }
}

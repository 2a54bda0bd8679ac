import Foundation
import Persistence
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport
import Testing

@testable import Lambda

/// The shapes are those of `TestLambdaVersions` and others in recordings of AWS.
struct CreateFunctionTests {
    @Test(arguments: TestDatabase.engines)
    func aNewFunctionLooksAsOnAWS(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            let created = try await fixture.create()
            #expect(created.functionArn == fixture.arn("f"))
            #expect(created.version == "$LATEST")
            #expect(created.state == "Pending")
            #expect(created.stateReason == "The function is being created.")
            #expect(created.stateReasonCode == "Creating")
            #expect(created.lastUpdateStatus == nil)
            let names = try #require(created.wire.structureValue).keys.sorted()
            #expect(
                names == [
                    "Architectures", "CodeSha256", "CodeSize", "Description", "EphemeralStorage", "FunctionArn",
                    "FunctionName", "Handler", "LastModified", "LoggingConfig", "MemorySize", "PackageType",
                    "RevisionId",
                    "Role", "Runtime", "RuntimeVersionConfig", "SnapStart", "State", "StateReason", "StateReasonCode",
                    "Timeout", "TracingConfig", "Version",
                ])
            #expect(created.lastModified == "2026-01-01T00:00:00.000+0000")
            let found = try await fixture.get()
            #expect(found.state == "Active")
            #expect(found.lastUpdateStatus == "Successful")
            #expect(found.revisionId != created.revisionId)
            #expect(found.codeSha256 == created.codeSha256)
            #expect(found.codeSize == Int64(LambdaFixture.package("1").count))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func everythingGivenIsKept(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create {
                $0.description = "d"
                $0.timeout = 900
                $0.memorySize = 10_240
                $0.environment = Environment(variables: ["KEY": "välue"])
                $0.tracingConfig = TracingConfig(mode: "Active")
                $0.architectures = ["arm64"]
                $0.ephemeralStorage = EphemeralStorage(size: 1024)
                $0.loggingConfig = LoggingConfig(logFormat: "JSON", applicationLogLevel: "DEBUG", logGroup: "/g")
                $0.vpcConfig = VpcConfig(subnetIds: [], securityGroupIds: [])
                $0.tags = ["a": "b"]
            }
            let found = try await fixture.service.getFunction(
                GetFunctionRequest(functionName: fixture.arn("f")), fixture.call("GetFunction"))
            let configuration = try #require(found.configuration)
            #expect(configuration.description == "d")
            #expect(configuration.timeout == 900)
            #expect(configuration.memorySize == 10_240)
            #expect(configuration.environment?.variables == ["KEY": "välue"])
            #expect(configuration.tracingConfig?.mode == "Active")
            #expect(configuration.architectures == ["arm64"])
            #expect(configuration.ephemeralStorage?.size == 1024)
            #expect(
                configuration.loggingConfig
                    == LoggingConfig(
                        logFormat: "JSON", applicationLogLevel: "DEBUG", systemLogLevel: "INFO", logGroup: "/g"))
            #expect(configuration.vpcConfig?.vpcId == "")
            #expect(found.tags == ["a": "b"])
            #expect(found.code?.repositoryType == "S3")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func publishingOnCreationAnswersVersionOneOfTheFunction(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            let created = try await fixture.create { $0.publish = true }
            #expect(created.version == "1")
            #expect(created.functionArn == fixture.arn("f"))
            let version = try await fixture.get("f", "1")
            #expect(version.functionArn == fixture.arn("f:1"))
            #expect(version.lastUpdateStatus == "Successful")
            let latest = try await fixture.get("f", "$LATEST")
            #expect(latest.functionArn == fixture.arn("f:$LATEST"))
            #expect(Set([created.revisionId, version.revisionId, latest.revisionId]).count == 3)
            #expect(try await fixture.publish() == version)
        }
    }

    @Test func aFunctionExistsOnce() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            await #expect(throws: LambdaFailures.conflict("Function already exist: f")) { try await fixture.create() }
            // Of another account it is another function.
            try await fixture.create(account: "222222222222")
        }
    }

    @Test func namesHaveSixtyFourCharacters() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create(String(repeating: "n", count: 64))
            let error = await #expect(throws: AWSError.self) {
                try await fixture.create(String(repeating: "n", count: 65))
            }
            #expect(error?.code == "ValidationException")
        }
    }

    @Test func whatIsNotBuiltSaysSo() async throws {
        let changes: [(String, (inout CreateFunctionRequest) -> Void)] = [
            (
                "DeadLetterConfig (Amazon SQS)",
                { $0.deadLetterConfig = DeadLetterConfig(targetArn: "arn:aws:sqs:us-east-1:1:q") }
            ),
            ("PackageType=Image", { $0.packageType = "Image" }),
            ("Code.S3Bucket", { $0.code = FunctionCode(s3Bucket: "b", s3Key: "k") }),
            ("DurableConfig", { $0.durableConfig = DurableConfig() }),
        ]
        try await LambdaFixture.with(.sqlite) { fixture in
            fixture.deliveries.kinds.withLock { $0 = [] }
            for (parameter, change) in changes {
                await #expect(
                    throws: AWSError.notImplemented(
                        service: "lambda", operation: "CreateFunction", parameter: parameter)
                ) { try await fixture.create("f", change) }
            }
        }
    }

    @Test func emptyFormsOfWhatIsNotBuiltAreFine() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            let created = try await fixture.create {
                $0.layers = []
                $0.deadLetterConfig = DeadLetterConfig()
                $0.kmsKeyArn = ""
                $0.snapStart = SnapStart(applyOn: "None")
                $0.fileSystemConfigs = []
            }
            #expect(created.layers == nil)
            #expect(created.snapStart?.optimizationStatus == "Off")
        }
    }

    @Test(
        arguments: [
            ([], "Uploaded file must be a non-empty zip"),
            (Array("no zip".utf8), "Could not unzip uploaded file. Please check your file, then try to upload again."),
            (
                ZipBuilder(ZipBuilder.Entry("../a", "x")).bytes,
                "Could not unzip uploaded file. Please check your file, then try to upload again."
            ),
            (
                ZipBuilder(ZipBuilder.Entry("a", "x").with { $0.statedSize = 300_000_000 }).bytes,
                "Unzipped size must be smaller than 262144000 bytes"
            ),
        ] as [([UInt8], String)])
    func badPackagesLeaveNothing(package: [UInt8], message: String) async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            await #expect(throws: LambdaFailures.invalidParameter(message)) {
                try await fixture.create { $0.code = FunctionCode(zipFile: package) }
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder + "/code").isEmpty)
            #expect(fixture.blobs.digests.isEmpty)
            let list = try await fixture.service.listFunctions(ListFunctionsRequest(), fixture.call("ListFunctions"))
            #expect(list.functions == [])
        }
    }

    @Test func largePackagesAreRefused() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            let error = await #expect(throws: AWSError.self) {
                try await fixture.create { $0.code = FunctionCode(zipFile: [UInt8](repeating: 0, count: 52_428_801)) }
            }
            #expect(error?.status == 413)
            #expect(error?.code == "RequestEntityTooLargeException")
            #expect(error?.message == "Zipped size must be smaller than 52428800 bytes")
            #expect(error?.fields.isEmpty == true)
        }
    }

    @Test func rolesMustLetLambdaAssumeThem() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            fixture.roles.add("lambda", trusting: "ec2.amazonaws.com")
            await #expect(throws: LambdaFailures.roleNotAssumable) { try await fixture.create() }
            fixture.roles.add("lambda", trusting: "lambda.amazonaws.com")
            try await fixture.create()
            // Nobody made these, which matters only where roles are enforced.
            try await fixture.create("g") { $0.role = "arn:aws:iam::111111111111:role/nobody" }
            try await fixture.create("h") { $0.role = "arn:aws:iam::999999999999:role/nobody" }
        }
        try await LambdaFixture.with(.sqlite, requiresRole: true) { fixture in
            await #expect(throws: LambdaFailures.roleNotAssumable) { try await fixture.create() }
            let error = await #expect(throws: AWSError.self) {
                try await fixture.create { $0.role = "arn:aws:iam::999999999999:role/nobody" }
            }
            #expect(error?.message == "Cross-account pass role is not allowed.")
        }
    }

    @Test func environmentVariablesAreEncrypted() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create { $0.environment = Environment(variables: ["KEY": "topsecret"]) }
            let blob = try await fixture.database.read {
                try $0.first("SELECT environment FROM lambda_versions")?.blob(0)
            }
            let stored = try #require(blob)
            #expect(!String(decoding: stored, as: UTF8.self).contains("topsecret"))
        }
    }

    @Test func accountSettingsCountWhatIsThere() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            func usage() async throws -> AccountUsage? {
                try await fixture.service.getAccountSettings(
                    GetAccountSettingsRequest(), fixture.call("GetAccountSettings")
                ).accountUsage
            }
            #expect(try await usage() == AccountUsage(totalCodeSize: 0, functionCount: 0))
            let size = Int64(LambdaFixture.package("1").count)
            try await fixture.create()
            try await fixture.create("g")
            try await fixture.publish()
            #expect(try await usage() == AccountUsage(totalCodeSize: 3 * size, functionCount: 2))
            try await fixture.updateCode(code: String(repeating: "12345678", count: 1000))
            try await fixture.delete()
            #expect(try await usage() == AccountUsage(totalCodeSize: size, functionCount: 1))
        }
    }
}

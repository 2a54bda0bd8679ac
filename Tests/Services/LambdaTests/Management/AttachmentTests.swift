import Persistence
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport
import Testing

@testable import Lambda

/// What a function is connected to: settings that are kept and shown, and what becomes of invocations that need them.
struct AttachmentTests {
    private static let accessPoint =
        "arn:aws:elasticfilesystem:us-east-1:111111111111:access-point/fsap-0123456789abcdef0"
    private static let key = "arn:aws:kms:us-east-1:111111111111:key/8a1f5a51-1111-4222-8333-444455556666"

    @Test(arguments: TestDatabase.engines)
    func aNetworkIsKeptAndShownAndRemoved(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            let created = try await fixture.create {
                $0.vpcConfig = VpcConfig(subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"])
            }
            let shown = VpcConfigResponse(
                subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"], vpcId: "", ipv6AllowedForDualStack: false)
            #expect(created.vpcConfig == shown)
            #expect(try await fixture.restarted().get().vpcConfig == shown)
            try await fixture.configure { $0.vpcConfig = VpcConfig(ipv6AllowedForDualStack: true) }
            #expect(try await fixture.get().vpcConfig?.ipv6AllowedForDualStack == true)
            try await fixture.configure { $0.timeout = 5 }
            #expect(try await fixture.get().vpcConfig?.subnetIds == ["subnet-1"])
            let error = await #expect(throws: AWSError.self) { try await fixture.invoke() }
            #expect(error?.code == "EC2UnexpectedException")
            #expect(error?.status == 502)
            #expect(error?.fields["EC2ErrorCode"] == "NotImplemented")
            let name = (LambdaFixture.account, LambdaFixture.region)
            #expect(fixture.service.invocable(account: name.0, region: name.1, name: "f", qualifier: nil) == nil)
            #expect(try await fixture.invoke { $0.invocationType = "DryRun" }.statusCode == 204)
            try await fixture.configure { $0.vpcConfig = VpcConfig(subnetIds: [], securityGroupIds: []) }
            #expect(
                try await fixture.get().vpcConfig
                    == VpcConfigResponse(
                        subnetIds: [], securityGroupIds: [], vpcId: "", ipv6AllowedForDualStack: false))
            try await fixture.invoke()
        }
    }

    @Test func subnetsAndSecurityGroupsComeTogether() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            let error = await #expect(throws: AWSError.self) {
                try await fixture.create { $0.vpcConfig = VpcConfig(subnetIds: ["subnet-1"]) }
            }
            #expect(error?.message == "SubnetIds and SecurityIds must coexist or be both empty list.")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func fileSystemsNeedANetwork(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            let mounts = [FileSystemConfig(arn: Self.accessPoint, localMountPath: "/mnt/data")]
            let refused = await #expect(throws: AWSError.self) {
                try await fixture.create { $0.fileSystemConfigs = mounts }
            }
            #expect(
                refused?.message
                    == "Function must be configured to execute in a VPC to reference access point \(Self.accessPoint)")
            try await fixture.create {
                $0.fileSystemConfigs = mounts
                $0.vpcConfig = VpcConfig(subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"])
            }
            #expect(try await fixture.get().fileSystemConfigs == mounts)
            let kept = await #expect(throws: AWSError.self) {
                try await fixture.configure { $0.vpcConfig = VpcConfig(subnetIds: [], securityGroupIds: []) }
            }
            #expect(
                kept?.message
                    == "Function VPC configuration cannot be removed with access point \(Self.accessPoint) referenced.")
            try await fixture.configure {
                $0.vpcConfig = VpcConfig(subnetIds: [], securityGroupIds: [])
                $0.fileSystemConfigs = []
            }
            #expect(try await fixture.get().fileSystemConfigs == nil)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aKeyIsNeededByVariablesAlone(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create { $0.kmsKeyArn = Self.key }
            #expect(try await fixture.get().kmsKeyArn == Self.key)
            try await fixture.invoke()
            try await fixture.configure { $0.environment = Environment(variables: ["A": "1"]) }
            let error = await #expect(throws: AWSError.self) { try await fixture.invoke() }
            #expect(error?.code == "KMSNotFoundException")
            try await fixture.configure { $0.kmsKeyArn = "" }
            #expect(try await fixture.get().kmsKeyArn == nil)
            try await fixture.invoke()
        }
    }

    @Test func deadLetterTargetsWaitForTheirServices() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            fixture.deliveries.kinds.withLock { $0 = [] }
            let error = await #expect(throws: AWSError.self) {
                try await fixture.create {
                    $0.deadLetterConfig = DeadLetterConfig(targetArn: "arn:aws:sqs:us-east-1:111111111111:q")
                }
            }
            #expect(error?.code == "NotImplemented")
            try await fixture.create { $0.deadLetterConfig = DeadLetterConfig(targetArn: "") }
            #expect(try await fixture.get().deadLetterConfig == nil)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func snapStartIsOnForPublishedVersions(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            let created = try await fixture.create {
                $0.snapStart = SnapStart(applyOn: "PublishedVersions")
                $0.publish = true
            }
            #expect(created.snapStart == SnapStartResponse(applyOn: "PublishedVersions", optimizationStatus: "Off"))
            #expect(
                try await fixture.get("f", "1").snapStart
                    == SnapStartResponse(applyOn: "PublishedVersions", optimizationStatus: "On"))
            let error = await #expect(throws: AWSError.self) {
                try await fixture.service.putProvisionedConcurrencyConfig(
                    PutProvisionedConcurrencyConfigRequest(
                        functionName: "f", qualifier: "1", provisionedConcurrentExecutions: 1),
                    fixture.call("PutProvisionedConcurrencyConfig"))
            }
            #expect(error?.message == "Provisioned Concurrency is not supported for SnapStart enabled functions.")
            try await fixture.configure { $0.snapStart = SnapStart(applyOn: "None") }
            #expect(
                try await fixture.get().snapStart == SnapStartResponse(applyOn: "None", optimizationStatus: "Off"))
        }
    }

    @Test(arguments: [
        ("java8.al2", false), ("java11", true), ("java25", true), ("python3.11", false), ("python3.12", true),
        ("python3.14", true), ("dotnet6", false), ("dotnet8", true), ("dotnet10", true), ("nodejs22.x", false),
        ("provided.al2023", false), ("ruby3.3", false),
    ])
    func snapStartIsForSomeRuntimes(runtime: String, isSupported: Bool) {
        #expect(SnapStartRules.supports(runtime) == isSupported)
        var settings = FunctionSettings(runtime: runtime, handler: "a.b", role: "r")
        settings.hasSnapStart = true
        if isSupported {
            #expect(throws: Never.self) { try settings.validate() }
        } else {
            #expect(throws: SnapStartRules.unsupported(runtime)) { try settings.validate() }
        }
    }
}

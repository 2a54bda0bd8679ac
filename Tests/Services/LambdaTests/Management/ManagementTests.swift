import Execution
import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import Lambda

struct ManagementTests {
    private func recursion(_ fixture: LambdaFixture, _ name: String = "f") async throws -> String? {
        try await fixture.service.getFunctionRecursionConfig(
            GetFunctionRecursionConfigRequest(functionName: name), fixture.call("GetFunctionRecursionConfig")
        ).recursiveLoop
    }

    private func allow(_ fixture: LambdaFixture, _ name: String = "f") async throws {
        _ = try await fixture.service.putFunctionRecursionConfig(
            PutFunctionRecursionConfigRequest(functionName: name, recursiveLoop: "Allow"),
            fixture.call("PutFunctionRecursionConfig"))
    }

    private func catalogued(_ fixture: LambdaFixture) -> RecursiveLoop? {
        let key = FunctionKey(account: LambdaFixture.account, region: LambdaFixture.region, name: "f")
        guard case .found(let function) = fixture.service.catalog.lookUp(key) else { return nil }
        return function.recursiveLoop
    }

    @Test(arguments: TestDatabase.engines)
    func loopsEndUnlessTheyAreAllowed(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create()
            #expect(try await recursion(fixture) == "Terminate")
            #expect(catalogued(fixture) == .terminate)
            try await allow(fixture)
            #expect(try await recursion(fixture) == "Allow")
            #expect(catalogued(fixture) == .allow)
            try await fixture.configure { $0.timeout = 4 }
            #expect(catalogued(fixture) == .allow)
            // As it is read at start, among others.
            try await fixture.create("e")
            try await fixture.create("g")
            let functions = try await fixture.service.store.read { try $0.everyFunction(after: nil, limit: 10) }
            #expect(functions.map(\.recursiveLoop) == [.terminate, .allow, .terminate])
            for operation in [allow, { _ = try await recursion($0, $1) }] {
                let error = await #expect(throws: AWSError.self) { try await operation(fixture, "none") }
                #expect(error == LambdaFailures.functionNotFound(fixture.arn("none")))
            }
        }
    }

    private func manage(
        _ fixture: LambdaFixture, _ mode: String, _ version: String? = nil, qualifier: String? = nil
    ) async throws -> PutRuntimeManagementConfigResponse {
        try await fixture.service.putRuntimeManagementConfig(
            PutRuntimeManagementConfigRequest(
                functionName: "f", updateRuntimeOn: mode, qualifier: qualifier, runtimeVersionArn: version),
            fixture.call("PutRuntimeManagementConfig"))
    }

    private func management(
        _ fixture: LambdaFixture, _ qualifier: String? = nil
    ) async throws -> GetRuntimeManagementConfigResponse {
        try await fixture.service.getRuntimeManagementConfig(
            GetRuntimeManagementConfigRequest(functionName: "f", qualifier: qualifier),
            fixture.call("GetRuntimeManagementConfig"))
    }

    @Test(arguments: TestDatabase.engines)
    func eachVersionHasARuntimeMode(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create { $0.publish = true }
            let runtime = RuntimeVersionARN.make("python3.12", region: LambdaFixture.region)
            #expect(
                try await management(fixture)
                    == GetRuntimeManagementConfigResponse(
                        updateRuntimeOn: "Auto", functionArn: fixture.arn("f:$LATEST")))
            #expect(
                try await manage(fixture, "Manual", runtime)
                    == PutRuntimeManagementConfigResponse(
                        updateRuntimeOn: "Manual", functionArn: fixture.arn("f:$LATEST"), runtimeVersionArn: runtime))
            _ = try await manage(fixture, "FunctionUpdate", qualifier: "1")
            #expect(try await management(fixture).runtimeVersionArn == runtime)
            #expect(try await management(fixture, "1").updateRuntimeOn == "FunctionUpdate")
            try await fixture.configure { $0.runtime = "python3.13" }
            #expect(try await management(fixture).updateRuntimeOn == "Auto")
            let error = await #expect(throws: AWSError.self) { try await management(fixture, "7") }
            #expect(error == LambdaFailures.functionNotFound(fixture.arn("f:7")))
            try await fixture.delete()
            try await fixture.create { $0.publish = true }
            #expect(try await management(fixture, "1").updateRuntimeOn == "Auto")
        }
    }

    @Test(arguments: [
        ("Manual", nil), ("Auto", "arn:aws:lambda:us-east-1::runtime:1"),
        ("Manual", "arn:aws:lambda:us-east-1::runtime:1"),
    ])
    func modesAndRuntimeVersionsGoTogether(mode: String, version: String?) {
        let error = #expect(throws: AWSError.self) {
            try RuntimeManagement.make(
                mode: mode, runtimeVersion: version, runtime: "python3.12", region: "us-east-1")
        }
        #expect(error?.code == "InvalidParameterValueException")
    }
}

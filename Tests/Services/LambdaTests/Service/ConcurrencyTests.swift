import Execution
import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import Lambda

struct ConcurrencyTests {
    private func reserve(_ fixture: LambdaFixture, _ executions: Int, _ name: String = "f") async throws {
        _ = try await fixture.service.putFunctionConcurrency(
            PutFunctionConcurrencyRequest(functionName: name, reservedConcurrentExecutions: executions),
            fixture.call("PutFunctionConcurrency"))
    }

    private func reserved(_ fixture: LambdaFixture, _ name: String = "f") async throws -> Int? {
        try await fixture.service.getFunctionConcurrency(
            GetFunctionConcurrencyRequest(functionName: name), fixture.call("GetFunctionConcurrency")
        ).reservedConcurrentExecutions
    }

    private func provision(_ fixture: LambdaFixture, _ qualifier: String, _ executions: Int = 1, _ name: String = "f")
        async throws -> PutProvisionedConcurrencyConfigResponse
    {
        try await fixture.service.putProvisionedConcurrencyConfig(
            PutProvisionedConcurrencyConfigRequest(
                functionName: name, qualifier: qualifier, provisionedConcurrentExecutions: executions),
            fixture.call("PutProvisionedConcurrencyConfig"))
    }

    private func provisioned(_ fixture: LambdaFixture, _ qualifier: String) async throws
        -> GetProvisionedConcurrencyConfigResponse
    {
        try await fixture.service.getProvisionedConcurrencyConfig(
            GetProvisionedConcurrencyConfigRequest(functionName: "f", qualifier: qualifier),
            fixture.call("GetProvisionedConcurrencyConfig"))
    }

    private func unprovision(_ fixture: LambdaFixture, _ qualifier: String) async throws {
        try await fixture.service.deleteProvisionedConcurrencyConfig(
            DeleteProvisionedConcurrencyConfigRequest(functionName: "f", qualifier: qualifier),
            fixture.call("DeleteProvisionedConcurrencyConfig"))
    }

    private func list(_ fixture: LambdaFixture) async throws -> [String?] {
        let list = try await fixture.service.listProvisionedConcurrencyConfigs(
            ListProvisionedConcurrencyConfigsRequest(functionName: "f"),
            fixture.call("ListProvisionedConcurrencyConfigs"))
        return list.provisionedConcurrencyConfigs?.map(\.functionArn) ?? []
    }

    private func refusal(_ body: () async throws -> Void) async -> AWSError? {
        await #expect(throws: AWSError.self) { try await body() }
    }

    @Test(arguments: TestDatabase.engines)
    func reservationsAreStoredAndShown(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create()
            #expect(try await reserved(fixture) == nil)
            for executions in [0, 1] {
                try await reserve(fixture, executions)
                #expect(try await reserved(fixture) == executions)
                let function = try await fixture.service.getFunction(
                    GetFunctionRequest(functionName: "f"), fixture.call("GetFunction"))
                #expect(function.concurrency?.reservedConcurrentExecutions == executions)
            }
            #expect(fixture.concurrency.reservation("f") == 1)
            let settings = try await fixture.service.getAccountSettings(
                GetAccountSettingsRequest(), fixture.call("GetAccountSettings"))
            #expect(settings.accountLimit?.concurrentExecutions == 1000)
            #expect(settings.accountLimit?.unreservedConcurrentExecutions == 999)
            // After a restart it limits again, before the first invocation runs.
            let restarted = try fixture.restarted()
            try await restarted.invoke()
            #expect(restarted.concurrency.reservation("f") == 1)
            try await fixture.service.deleteFunctionConcurrency(
                DeleteFunctionConcurrencyRequest(functionName: "f"), fixture.call("DeleteFunctionConcurrency"))
            #expect(try await reserved(fixture) == nil)
            #expect(fixture.concurrency.reservation("f") == nil)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aHundredStayUnreserved(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create()
            try await fixture.create("g")
            let message =
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
                + "below its minimum value of [100]."
            for executions in [901, 1000, 5000] {
                let error = await refusal { try await reserve(fixture, executions) }
                #expect(error?.code == "InvalidParameterValueException" && error?.message == message)
                #expect(error?.fields["Type"] == nil)
            }
            try await reserve(fixture, 600)
            #expect(await refusal { try await reserve(fixture, 301, "g") }?.message == message)
            try await reserve(fixture, 300, "g")
            // Its own reservation is not in the way of a change.
            try await reserve(fixture, 500)
        }
    }

    @Test func onlyFunctionsHaveReservations() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            let missing = await refusal { _ = try await reserved(fixture) }
            #expect(missing?.message == "Function not found: \(fixture.arn("f"))" && missing?.status == 404)
            try await fixture.create()
            #expect(await refusal { try await reserve(fixture, 1, "f:1") }?.code == "InvalidParameterValueException")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aConfigurationLivesAsOnAWS(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create { $0.publish = true }
            try await fixture.alias("live", "1")
            let put = try await provision(fixture, "1", 2)
            #expect(put.status == "IN_PROGRESS" && put.requestedProvisionedConcurrentExecutions == 2)
            #expect(put.allocatedProvisionedConcurrentExecutions == 0 && put.statusReason == nil)
            #expect(fixture.concurrency.provisions("f") == ["1": ["1": 2]])
            fixture.concurrency.finish("f", "1")
            let ready = try await provisioned(fixture, "1")
            #expect(ready.status == "READY" && ready.availableProvisionedConcurrentExecutions == 2)
            #expect(ready.lastModified?.hasSuffix("+0000") == true && ready.lastModified?.count == 24)
            let conflict = await refusal { _ = try await provision(fixture, "live") }
            #expect(
                conflict?.message
                    == "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
            )
            #expect(conflict?.code == "ResourceConflictException" && conflict?.status == 409)
            try await unprovision(fixture, "1")
            #expect(fixture.concurrency.provisions("f").isEmpty)
            let gone = await refusal { _ = try await provisioned(fixture, "1") }
            #expect(gone?.code == "ProvisionedConcurrencyConfigNotFoundException" && gone?.status == 404)
            #expect(gone?.message == "No Provisioned Concurrency Config found for this function")
            _ = try await provision(fixture, "live")
            #expect(
                await refusal { _ = try await provision(fixture, "1") }?.message
                    == "Version is pointed by a Provisioned Concurrency alias")
            #expect(try await list(fixture) == [fixture.arn("f:live")])
            try await fixture.service.deleteAlias(
                DeleteAliasRequest(functionName: "f", name: "live"), fixture.call("DeleteAlias"))
            #expect(
                await refusal { _ = try await provisioned(fixture, "live") }?.message
                    == "Cannot find alias arn: \(fixture.arn("f:live"))")
            #expect(try await list(fixture).isEmpty)
            #expect(fixture.concurrency.provisions("f").isEmpty)
            // As on AWS: no error where there is none.
            try await unprovision(fixture, "1")
        }
    }

    @Test func whatIsNotThereIsToldAsOnAWS() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create { $0.publish = true }
            let unpublished = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
            let unqualified = "The function resource provided must be an alias or a published version."
            for qualifier in ["noalias", "10"] {
                let message =
                    qualifier == "10"
                    ? "Function not found: \(fixture.arn("f:10"))"
                    : "Cannot find alias arn: \(fixture.arn("f:noalias"))"
                #expect(await refusal { _ = try await provision(fixture, qualifier) }?.message == message)
                #expect(await refusal { _ = try await provisioned(fixture, qualifier) }?.message == message)
                #expect(await refusal { try await unprovision(fixture, qualifier) }?.message == message)
            }
            #expect(await refusal { _ = try await provision(fixture, "$LATEST") }?.message == unpublished)
            #expect(await refusal { _ = try await provisioned(fixture, "$LATEST") }?.message == unqualified)
            #expect(await refusal { try await unprovision(fixture, "$LATEST") }?.message == unqualified)
            try await fixture.alias("latest", "$LATEST")
            #expect(await refusal { _ = try await provision(fixture, "latest") }?.message == unpublished)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func whatIsProvisionedIsLimited(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create { $0.publish = true }
            try await fixture.create("g")
            try await reserve(fixture, 500, "g")
            let tooMany = await refusal { _ = try await provision(fixture, "1", 501) }
            #expect(
                tooMany?.message
                    == "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [500]."
            )
            let tooFew = await refusal { _ = try await provision(fixture, "1", 401) }
            #expect(
                tooFew?.message
                    == "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
                    + "below its minimum value of [100].")
            _ = try await provision(fixture, "1", 400)
            #expect(await refusal { try await reserve(fixture, 501, "g") }?.message.contains("[100]") == true)
            #expect(
                await refusal { try await reserve(fixture, 399) }?.message
                    == "ReservedConcurrentExecutions  399 should not be lower than function's total provisioned "
                    + "concurrency [400].")
            try await reserve(fixture, 400)
            #expect(
                await refusal { _ = try await provision(fixture, "1", 401) }?.message
                    == "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution "
                    + "for function")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func anAliasTakesItsEnvironmentsAlong(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create { $0.publish = true }
            try await fixture.updateCode(code: "2") { $0.publish = true }
            try await fixture.alias("live", "1")
            _ = try await provision(fixture, "live", 10)
            #expect(fixture.concurrency.provisions("f") == ["live": ["1": 10]])
            func update(_ version: String, _ weights: [String: Double]) async throws {
                _ = try await fixture.service.updateAlias(
                    UpdateAliasRequest(
                        functionName: "f", name: "live", functionVersion: version,
                        routingConfig: AliasRoutingConfiguration(additionalVersionWeights: weights)),
                    fixture.call("UpdateAlias"))
            }
            try await update("2", ["1": 0.2])
            #expect(fixture.concurrency.provisions("f") == ["live": ["2": 8, "1": 2]])
            try await update("2", [:])
            #expect(fixture.concurrency.provisions("f") == ["live": ["2": 10]])
            #expect(await refusal { try await update("$LATEST", [:]) }?.code == "InvalidParameterValueException")
            // After a restart they are made again.
            let restarted = try fixture.restarted()
            let background = Task { try await restarted.service.run() }
            while restarted.concurrency.provisions("f").isEmpty { await Task.yield() }
            background.cancel()
            #expect(restarted.concurrency.provisions("f") == ["live": ["2": 10]])
            try await fixture.delete()
            #expect(fixture.concurrency.provisions("f").isEmpty)
        }
    }

    /// Whose environments an invocation may use.
    @Test func invocationsNameTheEnvironmentsThatAreTheirs() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create { $0.publish = true }
            try await fixture.alias("live", "1")
            try await fixture.alias("other", "1")
            func provisioning(_ qualifier: String?) async throws -> String? {
                try await fixture.invoke("f", qualifier)
                let warm = fixture.service.invocable(
                    account: LambdaFixture.account, region: LambdaFixture.region, name: "f", qualifier: qualifier)
                let function = fixture.invoker.invocations.last?.0
                #expect(warm?.function == function)
                return function?.provisioning
            }
            #expect(try await provisioning("live") == nil)
            _ = try await provision(fixture, "live")
            #expect(try await provisioning("live") == "live")
            for qualifier in ["other", "1", nil] { #expect(try await provisioning(qualifier) == nil) }
            try await unprovision(fixture, "live")
            _ = try await provision(fixture, "1")
            for qualifier in ["live", "other", "1"] { #expect(try await provisioning(qualifier) == "1") }
            #expect(try await provisioning(nil) == nil)
        }
    }

    /// For a moment clients see what they would see on AWS, however fast the environments are there.
    @Test func aNewConfigurationIsInProgressForAMoment() async throws {
        try await LambdaFixture.with(.sqlite, settling: .seconds(60)) { fixture in
            try await fixture.create { $0.publish = true }
            _ = try await provision(fixture, "1", 2)
            fixture.concurrency.finish("f", "1")
            let state = try await provisioned(fixture, "1")
            #expect(state.status == "IN_PROGRESS" && state.allocatedProvisionedConcurrentExecutions == 0)
        }
    }
}

import Execution
import Foundation
import Persistence
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport
import Testing

@testable import Lambda

/// Events from their acceptance to their end, by a clock that the tests move.
@Suite struct AsynchronousInvocationTests {
    private static let queue = "arn:aws:sqs:us-east-1:111111111111:queue"
    private static let topic = "arn:aws:sns:us-east-1:111111111111:topic"

    private func with(
        _ engine: SQLEngine, handler: String = "index.handler", _ body: (LambdaFixture) async throws -> Void
    ) async throws {
        try await LambdaFixture.with(engine) { fixture in
            _ = try await fixture.service.createFunction(
                CreateFunctionRequest(
                    functionName: "f", role: LambdaFixture.role,
                    code: FunctionCode(zipFile: LambdaFixture.package()), runtime: "python3.12", handler: handler),
                fixture.call("CreateFunction"))
            let running = Task { await fixture.jobs.run() }
            try await body(fixture)
            running.cancel()
            await running.value
        }
    }

    private func send(_ fixture: LambdaFixture, _ payload: String = "{}", trace: String? = nil) async throws {
        var call = fixture.call("Invoke")
        call.traceHeader = trace
        let answer = try await fixture.service.invoke(
            Lambda.InvocationRequest(functionName: "f", invocationType: "Event", payload: Array(payload.utf8)), call)
        #expect(answer.statusCode == 202)
        #expect(answer.executedVersion == nil)
    }

    private func configure(
        _ fixture: LambdaFixture, retries: Int? = nil, age: Int? = nil, onSuccess: String? = nil,
        onFailure: String? = nil
    ) async throws {
        _ = try await fixture.service.putFunctionEventInvokeConfig(
            PutFunctionEventInvokeConfigRequest(
                functionName: "f", maximumRetryAttempts: retries, maximumEventAgeInSeconds: age,
                destinationConfig: DestinationConfig(
                    onSuccess: OnSuccess(destination: onSuccess), onFailure: OnFailure(destination: onFailure))),
            fixture.call("PutFunctionEventInvokeConfig"))
    }

    private func record(_ delivered: RecordingDelivery.Delivered) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(delivered.delivery.body)) as? [String: Any])
    }

    private func metric(_ fixture: LambdaFixture, _ name: String) async -> Double {
        await fixture.service.metrics.metrics(since: Timestamp(milliseconds: 0))
            .filter { $0.name == name && $0.dimensions.isEmpty }.reduce(0) { $0 + $1.values.sum }
    }

    @Test(arguments: TestDatabase.engines)
    func anEventRunsTheFunctionOnce(engine: SQLEngine) async throws {
        try await with(engine) { fixture in
            try await configure(fixture, onSuccess: Self.queue)
            try await send(fixture, #"{"a": 1}"#)
            await fixture.jobs.settled()
            #expect(fixture.invoker.invocations.map(\.1.payload) == [Array(#"{"a": 1}"#.utf8)])
            #expect(fixture.invoker.invocations[0].1.invokedFunctionARN.hasSuffix(":function:f"))
            let delivered = try #require(fixture.deliveries.delivered.first)
            #expect(delivered.target == Self.queue)
            #expect(delivered.principal.arn == "arn:aws:sts::111111111111:assumed-role/lambda/f")
            let context = try #require(try record(delivered)["requestContext"] as? [String: Any])
            #expect(context["condition"] as? String == "Success")
            #expect(context["approximateInvokeCount"] as? Int == 1)
            #expect(context["functionArn"] as? String == "arn:aws:lambda:us-east-1:111111111111:function:f:$LATEST")
            #expect(await metric(fixture, "AsyncEventsReceived") == 1)
            #expect(await metric(fixture, "AsyncEventsDropped") == 0)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func errorsAreTriedTwiceAgainThenTold(engine: SQLEngine) async throws {
        try await with(engine, handler: "index.fails") { fixture in
            try await configure(fixture, onSuccess: Self.topic, onFailure: Self.queue)
            try await send(fixture)
            for (tries, pause) in [(1, 59), (1, 1), (2, 119), (2, 1), (3, 1)] {
                await fixture.jobs.settled()
                #expect(fixture.invoker.invocations.count == tries)
                fixture.time.advance(by: .seconds(pause))
            }
            #expect(Set(fixture.invoker.invocations.map(\.1.requestID)).count == 1)
            #expect(fixture.deliveries.delivered.map(\.target) == [Self.queue])
            let record = try record(fixture.deliveries.delivered[0])
            let context = try #require(record["requestContext"] as? [String: Any])
            #expect(context["condition"] as? String == "RetriesExhausted")
            #expect(context["approximateInvokeCount"] as? Int == 3)
            #expect((record["responseContext"] as? [String: Any])?["functionError"] as? String == "Unhandled")
            #expect(await metric(fixture, "AsyncEventsDropped") == 1)
            #expect(try await fixture.jobs.count(kind: EventQueue.kind) == 0)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func throttledEventsWaitAndAreNotCountedAsTries(engine: SQLEngine) async throws {
        try await with(engine) { fixture in
            try await configure(fixture, onSuccess: Self.queue)
            let throttle = AWSError("TooManyRequestsException", status: 429, message: "Rate Exceeded.")
            fixture.invoker.answers.withLock { $0 = [.failure(throttle), .failure(throttle)] }
            try await send(fixture)
            await fixture.jobs.settled()
            fixture.time.advance(by: .seconds(1))
            await fixture.jobs.settled()
            fixture.time.advance(by: .seconds(2))
            await fixture.jobs.settled()
            #expect(fixture.invoker.invocations.count == 3)
            let context = try record(fixture.deliveries.delivered[0])["requestContext"] as? [String: Any]
            #expect(context?["approximateInvokeCount"] as? Int == 1)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func anEventThatIsTooOldIsGivenUp(engine: SQLEngine) async throws {
        try await with(engine, handler: "index.fails") { fixture in
            try await configure(fixture, age: 90, onFailure: Self.queue)
            try await send(fixture)
            await fixture.jobs.settled()
            fixture.time.advance(by: .seconds(60))
            await fixture.jobs.settled()
            let context = try record(#require(fixture.deliveries.delivered.first))["requestContext"] as? [String: Any]
            #expect(context?["condition"] as? String == "EventAgeExceeded")
            #expect(context?["approximateInvokeCount"] as? Int == 2)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func deadLettersHoldTheEvent(engine: SQLEngine) async throws {
        try await with(engine, handler: "index.fails") { fixture in
            _ = try await fixture.service.updateFunctionConfiguration(
                UpdateFunctionConfigurationRequest(
                    functionName: "f", deadLetterConfig: DeadLetterConfig(targetArn: Self.topic)),
                fixture.call("UpdateFunctionConfiguration"))
            try await configure(fixture, retries: 0)
            try await send(fixture, #"{"raise_error":1}"#)
            await fixture.jobs.settled()
            let delivered = try #require(fixture.deliveries.delivered.first)
            #expect(delivered.target == Self.topic)
            #expect(delivered.delivery.body == Array(#"{"raise_error":1}"#.utf8))
            #expect(delivered.delivery.attributes.map(\.name) == ["RequestID", "ErrorCode", "ErrorMessage"])
        }
    }

    @Test(arguments: [(400, 0, 1.0), (503, 1, 0)])
    func whatATargetRefusesIsCountedAndWhatFailsIsTriedAgain(status: Int, delivered: Int, failures: Double) async throws
    {
        try await with(.sqlite) { fixture in
            try await configure(fixture, onSuccess: Self.queue)
            fixture.deliveries.failures.withLock { $0 = [AWSError("Refused", status: status, message: "")] }
            try await send(fixture)
            await fixture.jobs.settled()
            fixture.time.advance(by: .seconds(1))
            await fixture.jobs.settled()
            #expect(fixture.deliveries.delivered.count == delivered)
            #expect(await metric(fixture, "DestinationDeliveryFailures") == failures)
        }
    }

    @Test func aLoopIsStoppedAfterSixteenRounds() async throws {
        try await with(.sqlite) { fixture in
            try await configure(fixture, onFailure: Self.queue)
            let hash = InvocationLineage.hash(functionARN: "arn:aws:lambda:us-east-1:111111111111:function:f")
            try await send(fixture, trace: "Root=1-2-3;Lineage=\(hash):15")
            await fixture.jobs.settled()
            #expect(fixture.invoker.invocations.count == 1)
            let looping = "Root=1-2-3;Lineage=\(hash):16"
            try await send(fixture, trace: looping)
            await fixture.jobs.settled()
            #expect(fixture.invoker.invocations.count == 1)
            #expect(fixture.deliveries.delivered.count == 1)
            var call = fixture.call("Invoke")
            call.traceHeader = looping
            let error = await #expect(throws: AWSError.self) {
                _ = try await fixture.service.invoke(Lambda.InvocationRequest(functionName: "f"), call)
            }
            #expect(error?.code == "RecursiveInvocationException")
            _ = try await fixture.service.putFunctionRecursionConfig(
                PutFunctionRecursionConfigRequest(functionName: "f", recursiveLoop: "Allow"),
                fixture.call("PutFunctionRecursionConfig"))
            try await send(fixture, trace: looping)
            await fixture.jobs.settled()
            #expect(fixture.invoker.invocations.count == 2)
        }
    }

    /// A queue of a process that is gone: its functions are read when they are first needed.
    @Test(arguments: TestDatabase.engines)
    func queuedEventsOutliveTheProcess(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            _ = try await fixture.service.createFunction(
                CreateFunctionRequest(
                    functionName: "f", role: LambdaFixture.role,
                    code: FunctionCode(zipFile: LambdaFixture.package()), runtime: "python3.12",
                    handler: "index.handler"), fixture.call("CreateFunction"))
            for _ in 0..<10 { try await send(fixture) }
            #expect(fixture.invoker.invocations.isEmpty)
            let next = try fixture.restarted()
            let running = Task { await next.jobs.run() }
            while next.invoker.invocations.count < 10 { await Task.yield() }
            await next.jobs.settled()
            #expect(next.invoker.invocations.count == 10)
            #expect(try await next.jobs.count(kind: EventQueue.kind) == 0)
            running.cancel()
            await running.value
        }
    }

    @Test(arguments: TestDatabase.engines)
    func whatIsQueuedForADeletedFunctionGoesWithIt(engine: SQLEngine) async throws {
        try await with(engine, handler: "index.fails") { fixture in
            try await send(fixture)
            await fixture.jobs.settled()
            #expect(fixture.invoker.invocations.count == 1)
            try await fixture.delete()
            #expect(try await fixture.jobs.count(kind: EventQueue.kind) == 0)
            try await fixture.create()
            fixture.time.advance(by: .seconds(60))
            await fixture.jobs.settled()
            #expect(fixture.invoker.invocations.count == 1, "a new function of the name does not get them")
        }
    }

    // MARK: Configurations

    @Test(arguments: TestDatabase.engines)
    func configurationsAreKeptByQualifier(engine: SQLEngine) async throws {
        try await with(engine) { fixture in
            let service = fixture.service
            let call = fixture.call("UpdateFunctionEventInvokeConfig")
            try await configure(fixture, retries: 1, onSuccess: Self.queue)
            let updated = try await service.updateFunctionEventInvokeConfig(
                UpdateFunctionEventInvokeConfigRequest(
                    functionName: "f", maximumEventAgeInSeconds: 60,
                    destinationConfig: DestinationConfig(onFailure: OnFailure(destination: Self.topic))), call)
            #expect(updated.maximumRetryAttempts == 1)
            #expect(updated.maximumEventAgeInSeconds == 60)
            #expect(updated.destinationConfig?.onSuccess?.destination == Self.queue)
            #expect(updated.destinationConfig?.onFailure?.destination == Self.topic)
            let list = try await service.listFunctionEventInvokeConfigs(
                ListFunctionEventInvokeConfigsRequest(functionName: "f"), call)
            #expect(list.functionEventInvokeConfigs == [updated])
            try await service.deleteFunctionEventInvokeConfig(
                DeleteFunctionEventInvokeConfigRequest(functionName: "f"), call)
            let error = await #expect(throws: AWSError.self) {
                _ = try await service.getFunctionEventInvokeConfig(
                    GetFunctionEventInvokeConfigRequest(functionName: "f"), call)
            }
            #expect(
                error?.message
                    == "The function arn:aws:lambda:us-east-1:111111111111:function:f:$LATEST doesn't have an EventInvokeConfig"
            )
        }
    }

    @Test(arguments: [
        ("arn:aws:lambda:us-east-1:111111111111:function:f", "InvalidParameterValueException"),
        ("arn:aws:dynamodb:us-east-1:111111111111:table/t", "InvalidParameterValueException"),
        ("arn:aws:sqs:us-east-1:111111111111:queue.fifo", "InvalidParameterValueException"),
        ("arn:aws:events:us-east-1:111111111111:event-bus/default", "NotImplemented"),
    ])
    func destinationsThatNothingCanReachAreRefused(arn: String, code: String) async throws {
        try await with(.sqlite) { fixture in
            fixture.deliveries.kinds.withLock { _ = $0.remove(.eventBus) }
            let error = await #expect(throws: AWSError.self) { try await configure(fixture, onFailure: arn) }
            #expect(error?.code == code)
        }
    }
}

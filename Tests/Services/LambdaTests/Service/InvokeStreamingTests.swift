import Execution
import Foundation
import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import Lambda

struct InvokeStreamingTests {
    private func invoke(
        _ fixture: LambdaFixture, _ change: (inout InvokeWithResponseStreamRequest) -> Void = { _ in }
    ) async throws -> (output: WireValue, events: [WireValue]) {
        var input = InvokeWithResponseStreamRequest(functionName: "f", payload: Array("[1]".utf8))
        change(&input)
        let reply = try await fixture.service.invokeWithResponseStream(
            input, fixture.call("InvokeWithResponseStream"))
        var events: [WireValue] = []
        if let stream = reply.events { for try await event in stream { events.append(event) } }
        return (reply.output, events)
    }

    @Test func anAnswerIsPartsAndACompletion() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            let answer = try await invoke(fixture) { $0.logType = "Tail" }
            #expect(answer.output["StatusCode"] == .integer(200))
            #expect(answer.output["ExecutedVersion"] == .string("$LATEST"))
            let tail = Data("START\n".utf8).base64EncodedString()
            #expect(
                answer.events == [
                    .structure(["PayloadChunk": .structure(["Payload": .blob(Array("[1]".utf8))])]),
                    .structure(["InvokeComplete": .structure(["LogResult": .string(tail)])]),
                ])
            #expect(fixture.invoker.invocations.first?.1.requestID == "8a1f5a51-1111-4222-8333-444455556666")
        }
    }

    @Test func aFailureIsInTheCompletion() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create { $0.handler = "index.fails" }
            let completion: WireValue = .structure([
                "ErrorCode": .string("Unhandled"), "ErrorDetails": .string("[1]"),
            ])
            #expect(try await invoke(fixture).events == [.structure(["InvokeComplete": completion])])
        }
    }

    @Test func aDryRunHasNoEvents() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            let answer = try await invoke(fixture) { $0.invocationType = "DryRun" }
            #expect(answer.output["StatusCode"] == .integer(204) && answer.events.isEmpty)
            #expect(fixture.invoker.invocations.isEmpty)
        }
    }

    @Test func refusals() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            for change in [
                { $0.tenantId = "blue" }, { $0.payload = Array("{".utf8) }, { $0.qualifier = "none" },
            ] as [(inout InvokeWithResponseStreamRequest) -> Void] {
                await #expect(throws: AWSError.self) { _ = try await invoke(fixture, change) }
            }
            #expect(fixture.invoker.invocations.isEmpty)
        }
    }
}

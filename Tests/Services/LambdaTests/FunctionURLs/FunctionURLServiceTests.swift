import Execution
import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import Lambda

extension LambdaFixture {
    @discardableResult
    func url(
        _ authType: String = "NONE", qualifier: String? = nil, mode: String? = nil, isPublic: Bool = true,
        cors: Cors? = nil
    ) async throws -> String {
        let answer = try await service.createFunctionUrlConfig(
            CreateFunctionUrlConfigRequest(
                functionName: "f", authType: authType, qualifier: qualifier, cors: cors, invokeMode: mode),
            call("CreateFunctionUrlConfig"))
        if isPublic {
            try await permit("*", id: "url", qualifier: qualifier, action: "lambda:InvokeFunctionUrl") {
                $0.functionUrlAuthType = authType
            }
            try await permit("*", id: "function", qualifier: qualifier) { $0.invokedViaFunctionUrl = true }
        }
        return String(answer.functionUrl.dropFirst("http://".utf8.count).prefix(32))
    }

    /// What the URL answers; nil if there is none.
    func ask(_ id: String, caller: WebCaller? = nil, body: [UInt8] = []) async throws -> WebResponse? {
        let request = WebRequest(id: "r", method: "POST", path: "/p", body: body, domain: "d", port: 1)
        return try await service.functionURL(id: id, region: nil)?.answer(request, caller: caller)
    }
}

struct FunctionURLServiceTests {
    @Test(arguments: TestDatabase.engines)
    func aURLIsKeptWithItsFunction(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create { $0.publish = true }
            try await fixture.alias("live", "1")
            let cors = Cors(allowCredentials: true, allowOrigins: ["http://a"], maxAge: 5)
            let own = try await fixture.url(mode: "RESPONSE_STREAM", cors: cors)
            let aliased = try await fixture.url("AWS_IAM", qualifier: "live", isPublic: false)
            await #expect { try await fixture.url(isPublic: false) } throws: { ($0 as? AWSError)?.status == 409 }

            let key = FunctionKey(account: LambdaFixture.account, region: LambdaFixture.region, name: "f")
            let record = try #require(try await fixture.service.store.read { try $0.url(id: own) })
            #expect(record.cors == CrossOriginRules(cors) && record.streams && !record.requiresSignature)
            #expect(try await fixture.service.store.read { try $0.url(key, nil) } == record)
            let functions = try await fixture.service.store.read { try $0.everyFunction(after: nil, limit: 10) }
            #expect(functions.first?.urls.mapValues(\.id) == ["": own, "live": aliased])

            fixture.time.advance(by: .seconds(60))
            let updated = try await fixture.service.updateFunctionUrlConfig(
                UpdateFunctionUrlConfigRequest(functionName: "f", cors: Cors()), fixture.call("UpdateFunctionUrlConfig")
            )
            #expect(updated.lastModifiedTime == "2026-01-01T00:01:00.000Z" && updated.cors == Cors())
            #expect(updated.creationTime == "2026-01-01T00:00:00.000Z" && updated.invokeMode == "RESPONSE_STREAM")

            try await fixture.delete()
            #expect(try await fixture.ask(own) == nil)
            #expect(try await fixture.service.store.read { try $0.url(id: aliased) } == nil)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aURLIsFoundAfterARestart(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create()
            let id = try await fixture.url()
            // Nothing has been read ahead.
            let restarted = try fixture.restarted()
            #expect(try await restarted.ask(id)?.status == 200)
            #expect(try await restarted.service.functionURL(id: id, region: "eu-west-1") == nil)
            #expect(try await restarted.ask(String(repeating: "a", count: 32)) == nil)
            #expect(try await restarted.ask("x") == nil)
        }
    }

    private static func caller(_ principal: Principal, isAuthorized: Bool = true) -> WebCaller {
        WebCaller(principal: principal, accessKeyID: "k", isAuthorized: isAuthorized)
    }

    @Test func whoMayUseASignedURL() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            let id = try await fixture.url("AWS_IAM", isPublic: false)
            let root = Self.caller(.root(account: LambdaFixture.account))
            let user = Self.caller(
                .user(account: LambdaFixture.account, name: "u", path: "/", id: "AIDA"), isAuthorized: false)
            let stranger = Self.caller(.root(account: "222222222222"))
            let weak = Self.caller(.root(account: "222222222222"), isAuthorized: false)
            func statuses() async throws -> [Int?] {
                var statuses: [Int?] = []
                for caller in [nil, root, user, stranger, weak] {
                    statuses.append(try await fixture.ask(id, caller: caller)?.status)
                }
                return statuses
            }
            #expect(try await statuses() == [403, 200, 403, 403, 403])
            try await fixture.permit("*", id: "url", action: "lambda:InvokeFunctionUrl") {
                $0.functionUrlAuthType = "AWS_IAM"
            }
            #expect(try await statuses() == [403, 200, 403, 403, 403])
            try await fixture.permit("*", id: "function")
            // Anybody who has signed; a stranger's own account has to agree.
            #expect(try await statuses() == [403, 200, 200, 200, 403])
        }
    }

    @Test func theFunctionGetsTheEventAndItsAnswerIsAnswered() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            let id = try await fixture.url()
            let answer = try #require(try await fixture.ask(id))
            let (_, request) = try #require(fixture.invoker.invocations.last)
            #expect(request.requestID == "r" && request.invokedFunctionARN == fixture.arn("f"))
            // The double answers with the event.
            #expect(answer.body == request.payload && answer.status == 200)
            #expect(answer.headers.contains(.init("x-amzn-RequestId", "r")))
            #expect(
                answer.headers.contains(.init("X-Amzn-Trace-Id", request.traceHeader ?? "?")))
            #expect(try await fixture.ask(id, body: [UInt8](repeating: 0, count: 5_000_000))?.status == 413)
        }
    }

    @Test func failuresTellNothing() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create { $0.handler = "index.fails" }
            for mode in ["BUFFERED", "RESPONSE_STREAM"] {
                let id = try await fixture.url(mode: mode, isPublic: mode == "BUFFERED")
                let answer = try #require(try await fixture.ask(id))
                #expect(answer.status == 502 && String(decoding: answer.body, as: UTF8.self) == "Internal Server Error")
                try await fixture.service.deleteFunctionUrlConfig(
                    DeleteFunctionUrlConfigRequest(functionName: "f"), fixture.call("DeleteFunctionUrlConfig"))
            }
        }
    }
}

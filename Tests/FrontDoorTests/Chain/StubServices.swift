import Foundation
import Logging
import ServiceKit
import ServiceLifecycle
import ServiceModel
import Synchronization

@testable import FrontDoor

/// Keeps the calls that services get.
final class CallRecorder: Sendable {
    private let calls = Mutex<[Call]>([])
    private let called = AsyncStream<Void>.makeStream()
    private let cancelled = AsyncStream<Void>.makeStream()

    var last: Call? { calls.withLock { $0.last } }

    func record(_ call: Call) {
        calls.withLock { $0.append(call) }
        called.continuation.yield()
    }

    func recordCancellation() { cancelled.continuation.yield() }

    /// Returns when a call has come.
    func untilCalled() async { for await _ in called.stream { return } }

    /// Returns when a call has been cancelled.
    func untilCancelled() async { for await _ in cancelled.stream { return } }
}

struct StubLambda: AWSService {
    static let modelName = "lambda"
    static let implementedOperations: Set<String> = ["ListFunctions", "Invoke", "CreateFunction", "GetFunction"]
    let recorder: CallRecorder

    func handle(_ call: Call) async throws -> Reply {
        recorder.record(call)
        switch call.operation {
        case "Invoke":
            let name = call.input["FunctionName"]?.stringValue ?? ""
            if name == "slow" {
                do {
                    try await Task.sleep(for: .seconds(600))
                } catch {
                    recorder.recordCancellation()
                    throw error
                }
            }
            if name == "broken" { throw NSError(domain: "secret", code: 1) }
            return Reply(.structure(["StatusCode": 200, "Payload": call.input["Payload"] ?? .blob([])]))
        case "GetFunction":
            throw AWSError(
                "ResourceNotFoundException", shape: "ResourceNotFoundException", status: 404,
                message: "Function not found", fields: ["Type": "User"])
        default: return Reply(.structure(["Functions": .list([])]))
        }
    }
}

struct StubSTS: AWSService {
    static let modelName = "sts"
    static let implementedOperations: Set<String> = ["GetCallerIdentity"]
    let recorder: CallRecorder

    func handle(_ call: Call) async throws -> Reply {
        recorder.record(call)
        return Reply(
            .structure([
                "Account": .string(call.account), "Arn": .string(call.principal.arn ?? ""),
                "UserId": .string(call.principal.userID ?? ""),
            ]))
    }
}

struct StubLogs: AWSService {
    static let modelName = "logs"
    static let implementedOperations: Set<String> = ["StartLiveTail", "DescribeLogGroups"]
    let recorder: CallRecorder
    /// Events of a live tail; more than these come never.
    var fails = false

    func handle(_ call: Call) async throws -> Reply {
        recorder.record(call)
        guard call.operation == "StartLiveTail" else { return Reply(.structure(["logGroups": .list([])])) }
        let (recorder, fails) = (recorder, fails)
        let events = AsyncThrowingStream<WireValue, any Error> { continuation in
            continuation.onTermination = { reason in
                if case .cancelled = reason { recorder.recordCancellation() }
            }
            continuation.yield(.structure(["sessionStart": .structure(["requestId": "r-1", "sessionId": "s-1"])]))
            if fails {
                continuation.finish(
                    throwing: AWSError("SessionTimeoutException", shape: "SessionTimeoutException", message: "over"))
            }
        }
        return Reply(events: events)
    }
}

/// Root's key, a user's, and a session.
struct StubCredentials: CredentialResolver {
    static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

    func resolve(accessKeyID: String, sessionToken: String?) async throws -> (key: AccessKey, principal: Principal)? {
        func known(_ principal: Principal) -> (key: AccessKey, principal: Principal) {
            (AccessKey(id: accessKeyID, secret: Self.secret), principal)
        }
        switch (accessKeyID, sessionToken) {
        case ("AKIDROOT", nil): return known(.root(account: "111122223333"))
        case ("AKIDUSER", nil): return known(.user(account: "111122223333", name: "anna", path: "/", id: "AIDA1"))
        case ("ASIASESSION", "good"):
            return known(.assumedRole(account: "444455556666", role: "r", roleID: "AROA1", session: "s"))
        case (_, "old"): throw AWSError.expiredToken
        case (_, .some): throw AWSError.invalidClientToken
        default: return nil
        }
    }
}

/// A front door on a port of its own, with stub services behind.
struct TestDoor {
    let port: Int
    let door: FrontDoor
    let recorder: CallRecorder

    static func with<T: Sendable>(
        _ authentication: FrontDoorConfiguration.Authentication = .open, liveTailFails: Bool = false,
        origins: [String] = [], _ body: @Sendable (TestDoor) async throws -> T
    ) async throws -> T {
        var configuration = FrontDoorConfiguration()
        configuration.port = 0
        configuration.authentication = authentication
        configuration.shutdownTimeout = .milliseconds(200)
        configuration.allowedOrigins = origins
        let recorder = CallRecorder()
        let authorizer: any Authorizer = authentication == .iam ? RootOnlyAuthorizer() : OpenAuthorizer()
        let dispatcher = Dispatcher(
            services: [
                StubLambda(recorder: recorder), StubSTS(recorder: recorder),
                StubLogs(recorder: recorder, fails: liveTailFails), StubS3(recorder: recorder),
            ],
            authorizer: authorizer)
        let door = FrontDoor(
            configuration: configuration, dispatcher: dispatcher, credentials: StubCredentials(),
            admin: .standard(version: "1.2.3", services: dispatcher.names, state: { "running" }, reset: {}),
            functionURLs: StubFunctionURLs(), buckets: StubBuckets(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let port = try await door.bind()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await door.run() }
            let result = try await body(TestDoor(port: port, door: door, recorder: recorder))
            group.cancelAll()
            return result
        }
    }

    /// A signed request; `change` may spoil it.
    func signed(
        _ method: String, _ uri: String, service: String, key: String = "AKIDROOT",
        secret: String = StubCredentials.secret,
        token: String? = nil, region: String = "us-east-1", headers: [(String, String)] = [], body: String = "",
        host: String = "localhost", seconds: Int64 = WallClock.seconds
    ) async throws -> String {
        let signer = SigV4Signer(
            key: AccessKey(id: key, secret: secret, sessionToken: token), region: region, service: service)
        let all = signer.sign(
            method: method, uri: uri, headers: [("Host", host)] + headers, body: Array(body.utf8), seconds: seconds)
        var text = "\(method) \(uri) HTTP/1.1\n"
        for (name, value) in all { text += "\(name): \(value)\n" }
        text += "Content-Length: \(body.utf8.count)\n"
        return try await RawClient.ask(port, text, body: Array(body.utf8))
    }
}

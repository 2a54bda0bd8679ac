import Crypto
import Execution
import ServiceKit
import ServiceModel
import Synchronization

@testable import Lambda

/// Answers invocations with the event, and remembers what it was asked.
final class RecordingInvoker: FunctionInvoker {
    struct Retirement: Sendable, Hashable {
        var name: String
        var version: String?
        var exceptRevision: String?
    }

    private let state = Mutex<
        (invocations: [(FunctionVersion, Execution.InvocationRequest)], retirements: [Retirement])
    >(
        ([], []))

    /// Answers in place of the usual answer: an error is thrown.
    let answers = Mutex<[Result<InvocationResult, AWSError>]>([])

    /// Runs in place of the usual answer.
    let behavior = Mutex<(@Sendable (FunctionVersion, Execution.InvocationRequest) async throws -> InvocationResult)?>(
        nil)

    var invocations: [(FunctionVersion, Execution.InvocationRequest)] { state.withLock { $0.invocations } }
    var retirements: [Retirement] { state.withLock { $0.retirements } }

    func invoke(_ function: FunctionVersion, _ request: Execution.InvocationRequest) async throws -> InvocationResult {
        state.withLock { $0.invocations.append((function, request)) }
        if let behavior = behavior.withLock({ $0 }) { return try await behavior(function, request) }
        if let answer = answers.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return try answer.get() }
        return InvocationResult(
            payload: request.payload, functionError: function.handler == "index.fails" ? "Unhandled" : nil,
            logTail: request.wantsLogTail ? Array("START\n".utf8) : nil)
    }

    func invokeStreaming(
        _ function: FunctionVersion, _ request: Execution.InvocationRequest
    ) async throws -> ResponseStream {
        let stream = ResponseStream()
        stream.finish(try await invoke(function, request))
        return stream
    }

    func retire(account: String, region: String, name: String, version: String?, exceptRevision: String?) async {
        state.withLock {
            $0.retirements.append(Retirement(name: name, version: version, exceptRevision: exceptRevision))
        }
    }
}

final class RoleTable: RoleDirectory {
    private let policies = Mutex<[String: String]>([:])

    func add(_ name: String, trusting service: String) {
        let policy =
            #"{"Statement":[{"Effect":"Allow","Principal":{"Service":"\#(service)"},"Action":"sts:AssumeRole"}]}"#
        policies.withLock { $0[name] = policy }
    }

    func role(account: String, name: String) async throws -> (id: String, trustPolicy: String)? {
        policies.withLock { $0[name] }.map { ("AROA", $0) }
    }
}

final class MemoryBlobs: BlobStore {
    private let blobs = Mutex<[String: [UInt8]]>([:])

    var digests: Set<String> { blobs.withLock { Set($0.keys) } }

    func put(_ bytes: [UInt8]) async throws -> String {
        let digest = Hexadecimal.encode(SHA256.hash(data: bytes))
        blobs.withLock { $0[digest] = bytes }
        return digest
    }

    func get(_ digest: String) async throws -> [UInt8] {
        guard let bytes = blobs.withLock({ $0[digest] }) else { throw AWSError.internalFailure }
        return bytes
    }

    func contains(_ digest: String) async throws -> Bool { blobs.withLock { $0[digest] != nil } }
    func remove(_ digest: String) async throws { blobs.withLock { $0[digest] = nil } }
}

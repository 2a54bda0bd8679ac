import ServiceModel
import Synchronization
import Testing

@testable import ServiceKit

struct ObjectReaderTests {
    /// An S3 that has one object, and remembers its calls.
    private final class Store: AWSService {
        static let modelName = "s3"
        static let implementedOperations: Set<String> = ["GetObject"]
        let calls = Mutex<[Call]>([])

        func handle(_ call: Call) async throws -> Reply {
            calls.withLock { $0.append(call) }
            guard case .structure(let members) = call.input, members["Key"] == .string("k") else {
                throw AWSError("NoSuchKey", status: 404, message: "The specified key does not exist.")
            }
            return Reply(.structure(["Body": .blob([1, 2, 3])]))
        }
    }

    private struct Open: Authorizer {
        func authorize(_ principal: Principal, service: String, operation: String, account: String) async throws {}
    }

    private func read(_ reader: CalledObjectReader, _ key: String, version: String? = nil) async throws -> [UInt8] {
        try await reader.object(
            bucket: "b", key: key, version: version, as: .root(account: "111111111111"), account: "111111111111",
            region: "us-east-1")
    }

    @Test func objectsAreReadAsTheCaller() async throws {
        let (calls, store) = (InProcessCaller(), Store())
        let reader = CalledObjectReader(calls)
        #expect(!reader.isAvailable)
        await #expect(throws: AWSError.self) { try await read(reader, "k") }
        calls.connect(Dispatcher(services: [store], authorizer: Open()))
        #expect(reader.isAvailable)
        #expect(try await read(reader, "k", version: "v") == [1, 2, 3])
        let call = try #require(store.calls.withLock { $0.first })
        #expect(call.principal == .root(account: "111111111111"))
        #expect(call.input == .structure(["Bucket": "b", "Key": "k", "VersionId": "v"]))
        let error = await #expect(throws: AWSError.self) { try await read(reader, "other") }
        #expect(error?.code == "NoSuchKey")
    }

    @Test func withoutS3ThereAreNoObjects() async {
        #expect(!NoObjects().isAvailable)
        await #expect(throws: AWSError.notImplemented(service: "s3", operation: "GetObject")) {
            try await NoObjects().object(
                bucket: "b", key: "k", version: nil, as: .anonymous, account: "", region: "")
        }
    }
}
